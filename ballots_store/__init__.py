"""The ballot box of one laptop: what SECRECY.md describes, on SQLite through sqlite-utils.

    opening     3 an authorisation becomes an empty, sealed box with its zero report
    box         4 the verbs of the hall: start, check_pin, unlock, cast, void_session, stop
    closing     5 two holders count or void a round and sign its end
    status        where a round stands, without any key
    rehearsal     a throwaway round through the same code

Below them: `held` (lock, recovery, the one durable commit), `state` (the sealed row as a value of constant size),
`sealing` (what is sealed to whom), `slots` (the two key slots), `store` (the SQLite file), `lock`, `log`, `files`,
`home`, `trust`, `session` (plain values for the screens), `hooks` (named steps for fault tests), `errors`.
"""
