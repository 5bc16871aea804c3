"""What nearly every signed end says, handed to Zstandard beforehand: most of an envelope that is not key or signature.

Frozen: stored envelopes were compressed with exactly these bytes and can be read with them alone. A better set would
be a second one beside this, never a change of it; a frame's checksum (RFC 8878, 3.1.1) tells that it had other words.
What stands last is found cheapest.
"""

from __future__ import annotations

_AUTHORISATION = (
    '{"activation":{"sealed":"{\\"format\\":\\"beikaobei-key-v1\\",\\"kdf\\":{\\"lanes\\":4,\\"memory_kib\\":65536,'
    '\\"passes\\":3},\\"name\\":\\"启用\\",\\"nonce\\":\\"\\",\\"public\\":\\"=\\",\\"salt\\":\\"==\\",\\"sealed\\":\\"'
    '=\\"}","sealing":"=","signing":"="},"assessed":{"member_id":"","name":"","post":"团支部书记","since":"2016年9月"},'
    '"attempt":1,"branch":{"code":"","name":"级班团支部"},"closes":"","duties":["是否坚决执行党的基本路线和各项方针政策；",'
    '"是否通过“支部上网行动”等方式密切联系团员青年；","是否认真开展各类主题团日活动，并通过抢票方式实现团的活动开放共享；",'
    '"是否带领团支部全体团员注册成为志愿者并参与志愿服务活动；","是否做好团员发展以及教育、管理和服务工作。"],'
    '"emergency":{"sealed":"{\\"format\\":\\"beikaobei-key-v1\\",\\"kdf\\":{\\"lanes\\":4,\\"memory_kib\\":65536,'
    '\\"passes\\":3},\\"name\\":\\"应急\\",\\"nonce\\":\\"\\",\\"public\\":\\"=\\",\\"salt\\":\\"==\\",\\"sealed\\":\\"'
    '=\\"}","sealing":"=","signing":"="},"instruction":"请在“等次”栏中选择其中一项打“√”，多选或不选均为无效。",'
    '"issued":"2017-03-20T09:00:00+08:00","issuer":"共青团委员会","method":"gathered","mode":"official","opens":"",'
    '"place":"","previous_end":"","registered":30,"roster_digest":"","round_id":"2016-","secretary_votes":true,'
    '"supervisor":"","title":"团支部书记2016年度满意度测评","year":2016}'
)
_ZERO_REPORT = (
    '{"authorisation_digest":"","key_storage":"token","laptop":"","mode":"official","officers":[{"name":"",'
    '"role":"supervisor","sealing":"=","signing":"="},{"name":"","role":"teller","sealing":"=","signing":"="}],'
    '"opened":"2017-04-01T14:30:00+08:00","readiness":[],"roster_used":false,"round_id":"2016-","round_key":"=",'
    '"software":"0.1.0"}'
)
_RESULT = (
    '{"below_quorum_reason":"","box_seal":"","chain":{"authorisation":"","authorisation_digest":"","mode":"official",'
    '"round_id":"2016-","zero_report":"","zero_report_digest":""},"closed":"2017-04-01T15:20:00+08:00","collected":2,'
    '"conduct":{"emergency_used":false,"helped":0,"log":[{"at":"2017-04-01T14:30:00+08:00","event":"opened"},'
    '{"at":"2017-04-01T14:30:00+08:00","event":"started"},{"at":"2017-04-01T15:20:00+08:00","event":"closed"}],'
    '"log_complete":true,"starts":1,"stopped":true,"wrong_codes":0},"invalid":0,"issued":2,"outcome":"satisfied",'
    '"present":2,"priorities":["municipal","district"],"rate":"","rate_percent":"100.00","registered":30,"satisfied":2,'
    '"signers":["supervisor","teller"],"software":"0.1.0","supersedes":"","unsatisfied":0,"valid":2}'
)
_TYPES = (
    "application/vnd.beikaobei.authorisation.v1+json",
    "application/vnd.beikaobei.zero-report.v1+json",
    "application/vnd.beikaobei.void.v1+json",
    "application/vnd.beikaobei.result.v1+json",
)
WORDS = "".join((_RESULT, _ZERO_REPORT, _AUTHORISATION, *_TYPES)).encode()
