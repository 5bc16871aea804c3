#!/bin/sh
# The one window of the session: xterm, full screen; whatever ends it, another one follows.
# Started by kiosk-session.sh, which sets BEIKAOBEI_SESSION.
set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1

# One word a line (kiosk-session.sh wrote them).
set --
while IFS= read -r word; do
    [ -n "$word" ] && set -- "$@" "$word"
done < "$BEIKAOBEI_SESSION/words"

# The folder is gone once the session is: this loop must not outlive it.
while [ -d "$BEIKAOBEI_SESSION" ] && [ ! -e "$BEIKAOBEI_SESSION/ended" ]; do
    xterm -class XTerm -fullscreen -fs "${BEIKAOBEI_FONT_SIZE:-14}" -T 背靠背测评 -e "$here/开始测评.sh" "$@"
    # A terminal that can't start must not take the processor with it.
    sleep 1
done
openbox --exit
