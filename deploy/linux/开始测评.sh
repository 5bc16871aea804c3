#!/bin/sh
# Starts the voting and starts it again, whatever ended it, until the round itself says that the voting is over.
#   开始测评.sh [测评编号] [--token 文件夹] …    the words of beikaobei-kiosk
#   开始测评.sh guide                            the whole afternoon (beikaobei-admin guide)
# The commands are looked for in BEIKAOBEI_BIN, then in the .venv beside deploy/, then on the PATH.
set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 1
for folder in "${BEIKAOBEI_BIN:-}" "$here/../../.venv/bin"; do
    if [ -n "$folder" ] && [ -x "$folder/beikaobei-kiosk" ]; then
        PATH="$folder:$PATH"
        export PATH
        break
    fi
done
if ! command -v beikaobei-kiosk >/dev/null; then
    echo '错误：找不到 beikaobei-kiosk。请按 deploy/README.md 安装，或用 BEIKAOBEI_BIN 指明所在文件夹。' >&2
    exit 2
fi

# Ctrl+C breaks off what is asked on the plain terminal, not this loop; nothing can be stopped into the background.
trap : INT
trap '' TSTP QUIT

# The first word that is no option is the round's number; without one the only round of this machine is meant.
round=
previous=
for word in "$@"; do
    case "$previous${previous:+ }$word" in
        --token\ * | --home\ *) ;;
        -*) ;;
        *) [ -z "$round" ] && round=$word ;;
    esac
    previous=$word
done

# What the round says of itself: an exit status of 0 alone is not believed.
state() {
    beikaobei-admin status ${round:+"$round"} --json 2>/dev/null | sed -n 's/.*"state": *"\([a-z_]*\)".*/\1/p'
}

ended() {
    case "$(state)" in
        stopped | closed | void | destroyed) return 0 ;;
        *) return 1 ;;
    esac
}

wait_for_enter() {
    printf '%s' "$1"
    # At the end of the input there is nobody to wait for; the pause keeps a dead terminal from spinning.
    read -r _ || sleep 2
}

if [ "${1:-}" = guide ]; then
    shift
    while :; do
        beikaobei-admin guide "$@"
        wait_for_enter '向导已退出。按 Enter 从中断处继续：'
    done
fi

while :; do
    beikaobei-kiosk "$@"
    code=$?
    if ended; then
        [ -n "${BEIKAOBEI_SESSION:-}" ] && : > "$BEIKAOBEI_SESSION/ended"
        wait_for_enter '本次投票已结束，请由两名工作人员结束测评并计票。按 Enter 关闭本窗口：'
        exit 0
    fi
    case $code in
        # refused: the line above says why, so it must stay to be read
        1 | 2 | 3 | 4 | 130) wait_for_enter '按 Enter 重新启动：' ;;
        # anything else, 0 included, was not the end of the voting: both codes are asked for again
        *) echo '投票程序已退出，正在重新启动，请由两名工作人员输入口令。' && sleep 1 ;;
    esac
done
