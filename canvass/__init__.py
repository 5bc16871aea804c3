"""The upper organisation's side of a 测评: what becomes of the signed files that come in. Start reading here.

The steps are those of README's table, in their order:

    importing   6 files and folders → the registry, one transaction a file, each file with its fate
    receiving   6 one file's bytes → the verified end of a round, or the reason why it is none
    registering 6 one verified end → its rows
    standing    6 which ends of one round count: accepted, waiting for a person (待确认), in conflict
    schema      6 the tables and the invariants that they hold by themselves
    registry    6 opening a registry; a transaction; a database's errors as one line
    summary     8 the registry → 附件4: rows, totals, both averages, and apart from them what is not summed

An *end* is the signed document that ends a round: a result, or a void report (作废). Ends are never changed or removed
once they are in; what may change with the next file that arrives, their standing, lies in a table of its own and is a
function of the round's ends alone, so that the order of arrival has no say.

This package knows no box and no screen; every time is an argument.
"""
