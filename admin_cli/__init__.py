"""The `beikaobei-admin` command: start reading here.

    __main__    the group of all commands; what happens to an error
    catalogue   which commands there are, and in which module each one stands (imported only when it is called)
    session     what every command is given (home, output, clock) and the options that all have
    output      tables and sentences, --json, 错误 and 注意
    exits       errors → exit codes
    secrets_in  codes from the environment or a hidden prompt
    inputs      counts, times, texts, rosters        newfiles   output files: all or none
    organisations  the cards and keys that several commands read
    chinese     click in Chinese
    guide       the whole afternoon as questions, through the functions that the commands call
    papers/     everything that is printed, as pure functions        folders  a folder of files: whole or not at all

The commands: keys, trust, authorize, opening (open), status, ending (close, void), decide, verify (with `evidence`, its
tables), registry (import, summary), kit, publicity (confirm, publish, objection, notice, report), followups, progress,
demo. Each does three things and no more: read what it was given, call ballots_store, canvass or rounds, and show the
answer.
"""
