"""The voting kiosk: a full-screen Textual app on a hardened terminal.

    __main__      `beikaobei-kiosk`: vote, demo, announce; cleans the environment before textual is imported
    prompts       both officers' codes on the plain terminal
    voting        one run: codes, a started box, the app, and the box let go whatever happens
    app           which screen follows which, and the one call to the box on each way
    booth         what the screens may ask of the box
    screens/      the screens; `texts`, `layout`, `entry`, `timings` serve them
    announcing    from a verified result to `announcement`'s pages

`hardened`, `driver`, `keystrokes`, `gate`, `signals`, `tty`, `environment`: the terminal (docs/hardening.md).
"""
