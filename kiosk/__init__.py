"""The voting kiosk: a full-screen Textual app on a hardened terminal.

    __main__      `beikaobei-kiosk`: vote, demo, announce; cleans the environment before textual is imported
    probe         what the terminal draws, asked before anything else
    prompts       both officers' codes on the plain terminal
    voting        one run: codes, a started box, the app, and the box let go whatever happens
    app           which screen follows which, and the one call to the box on each way
    booth         what the screens may ask of the box
    screens/      the screens; `texts`, `layout`, `entry`, `timings`, `theme` serve them
    giant         large writing from the bitmaps in glyphs/; `grid` for labelled figures
    fittings      what there is beside the box: `checks/` of the room, the `guard/` on the keyboard, the `keypad`
    known_votes   `demo --script`: announced votes pressed on the real screens
    announcing    from a verified result to `announcement`'s `pages` and to the `bulletin` for the absent

`hardened`, `driver`, `keystrokes`, `gate`, `signals`, `tty`, `environment`: the terminal (docs/hardening.md).
"""
