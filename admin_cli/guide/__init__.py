"""`guide`: the whole afternoon as questions, answered by digits and Enter; start reading at `afternoon`.

    afternoon    which round, and what comes next where it stands; the one loop
    nine         批复 on this laptop: nine questions           sealing    验箱封箱: file, stick, names, codes
    asking_hall  what only people can see: clock, projector, camera, whose laptop
    printed      投票凭条 that came with the 批复            paper      those made here, where they are wanted
    voting       the kiosk                                     counting   签到人数, count or go on, void
    officers     two holders' codes; after three tries the emergency envelope
    finishing    公布, the stick, 清除本机
    desk         questions and answers                         terminal   this process's terminal, quiet between them
    setting      what every step is given                      places     where files and sticks are found
    children     the kiosk as a child                          tethered   which never outlives us
    command      the click command

No step keeps a state of its own: each looks at the home, does one thing through the functions that the commands call,
and the loop looks again. So the guide goes on after any stop by being started again.
"""
