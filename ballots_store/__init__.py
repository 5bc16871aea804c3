"""The ballot box of one laptop: what SECRECY.md describes, on SQLite through sqlite-utils.

    opening     3 an authorisation becomes an empty, sealed box with its zero report
    box         4 the verbs of the hall: start, check_pin, unlock, cast, void_session, stop
    slip_making 3 投票凭条, made once; `admission` is the door that takes a PIN or a slip
    closing     5 two holders count a round and sign its result; `voiding` ends one without a count
    status        where a round stands, without any key
    rehearsal     a throwaway round through the same code

Below them: `held` (lock, recovery, the one durable commit), `state` (what is sealed, as a value of constant size),
`sealing` (what is sealed to whom), `slots` (the two key slots), `store` (the SQLite file), `lock`, `log`, `files`,
`home`, `trust`, `session` (plain values for the screens), `hooks` (named steps for fault tests), `errors`.
"""
