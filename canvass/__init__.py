"""The upper organisation's side of a 测评: what becomes of the signed files that come in. Start reading here.

The steps are those of README's table, in their order:

    ledger      1 the tables of organisations and branches, taken in all or nothing; one branch for `authorize`
    importing   6 files and folders → verified on threads, entered in batches, each file with its fate
    receiving   6 one file's bytes → the verified end of a round, or the reason why it is none
    arrivals    6 a verified end as plain values, its file packed
    registering 6 a batch of arrivals → their rows
    standing    6 which ends of one round count: accepted, waiting for a person (待确认), in conflict
    schema      6 the tables and the invariants that they hold by themselves (`ledger_schema`, `rollup_schema`)
    registry    6 opening a registry on SQLite or PostgreSQL; a transaction   lock_holder - who keeps it locked
    vouching    - what `import` would say of a document, asked without writing; `bundle_checking`: of a whole bundle
    rollups     8 sums per organisation, 战线, year and state: what reports read
    grants      2 which branches of the ledger wait for a 批复, which got one
    counted     7 the results that can be confirmed and posted              steps      7 the steps taken on them
    publicity   7 确认 and 公示: one more step, append-only                   followups  7 what a 不满意 asks for
    paper       6 a filled 附件4 of rounds without signatures goes in         paper_rounds 7 their 确认 and 公示, apart
    paper_entries - those that are in, for reports; `paper_disputes`: the ones that two people enter differently
    paper_attempts - what may follow such an entry: the round held again after 无效, figures that two people put right
    handing_up  8 the next 报送包 for the level above          senders 8 whether its key is the right one
    listings    8 what organisations below list in their last bundles and has not come in
    progress    8 done, expected and missing against a deadline            averages   8 the mean of 战线
    summary     8 the registry → 附件4: rows, totals, both averages, and apart from them what is not summed

An *end* is the signed document that ends a round: a result, or a void report (作废). Ends are never changed or removed
once they are in; what may change with the next file that arrives, their standing, lies in a table of its own and is a
function of the round's ends alone, so that the order of arrival has no say.

This package knows no box and no screen; every time is an argument.
"""
