"""Whether this laptop and this hall are fit to vote in: one small judgement a row, each with what to do about it.

A check is a function from `Surroundings` (where the system's files lie, which commands answer, which clock) to
`Finding`s, so that any laptop can be planted in a test. Nothing here writes a log: which programs run in the hall is
nobody's business afterwards. Nothing here imports textual: `beikaobei-admin open` waits for this.
"""
