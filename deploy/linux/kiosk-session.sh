#!/bin/sh
# The voting session: started by the display manager (beikaobei-kiosk.desktop) as an unprivileged user, or by xinit.
# The words given are those of 开始测评.sh (a round's number, --token FOLDER, or guide).
set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1

# Without a UTF-8 locale xterm draws no Chinese.
case "${LC_ALL:-${LC_CTYPE:-${LANG:-}}}" in
    *[Uu][Tt][Ff]-8 | *[Uu][Tt][Ff]8) ;;
    *) unset LC_ALL LC_CTYPE; export LANG=C.UTF-8 ;;
esac

# A held key must not act again and again; the screen must not go dark or lock in the middle of a ballot.
# Each may be missing on an odd display: voting goes on, `beikaobei-kiosk check` reports what it finds.
xset r off || :
xset s off || :
xset s noblank || :
xset -dpms || :
# The server's own keys: Ctrl+Alt+Fn and Ctrl+Alt+Backspace (etc/xorg-kiosk.conf forbids them a second time).
setxkbmap -option srvrkeys:none 2>/dev/null || :

# The second layer: the kiosk takes the whole keyboard and says on the locked screen whether it has it.
export BEIKAOBEI_GUARD=1
export XENVIRONMENT="$here/xterm.Xresources"
# 开始测评.sh leaves a mark here when the voting has ended; only then does the session end.
BEIKAOBEI_SESSION=$(mktemp -d) || exit 1
export BEIKAOBEI_SESSION
trap 'rm -rf "$BEIKAOBEI_SESSION"' EXIT
trap 'exit 143' TERM HUP INT
# openbox starts the terminal itself, once it is ready to manage its window. Its startup is one string, taken apart by
# the rules of quoting but by no shell, so the words go through a file, one a line.
printf '%s\n' "$@" > "$BEIKAOBEI_SESSION/words"
openbox --sm-disable --config-file "$here/openbox/rc.xml" --startup "'$here/terminal.sh'"
