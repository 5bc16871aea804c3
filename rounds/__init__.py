"""The rules and documents of one 测评, as pure values: start reading here.

Nothing in this package opens a file, asks the clock or draws a random byte; times and randomness come in as arguments.
A round passes through it in the order of README's table:

    issuing     2 authorise: a RoundPlan and the organisation's key become a signed `.auth` and two printed codes
    chain       3-8 reading documents: root → authorisation → zero report → result; numbered steps in `envelope`
    lifecycle   3-5 which event may follow which, one table
    sharing     3-5 any two of three holders open what is locked
    tally       5 counting opened ballots; the ballot account that must add up
    rules       5 quorum, verdict, priorities: exact integers, each with its clause
    results     5-8 the figures of a result, recomputed by everybody who reads one

For the upper organisation: `publicity` (公示 as a state machine), `trust`, `trust_documents` and `trust_issuing` (who
may authorise), `bundles` (what is handed up).

Beside them: `choices`, `slips` (投票凭条号), `documents` (the records), `encoding` (one spelling for one value),
`keys`, `keyfile`, `codes` (what people type), `words` (digests that people compare), `lockout`, `errors` (what goes
wrong, by who must act). `tests/test_flow.py` holds a whole round.
"""
