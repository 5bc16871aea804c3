"""The papers of a 测评, as pure functions: records in, the bytes of a file out. Start reading here.

    word         the one place that knows python-docx: A4, fonts by role, tables, lines for signatures and seals
    dates        2017年4月1日
    officers     授权书 and 应急信封: the two papers that bear a code; 上级团组织名片
    hall         签到表, 附件1 on paper, 空白结果报告单, 测评当天操作
    kit          which papers one branch gets, under which names
    publicity    公示
    reporting    reports to 同级党组织 and 上一级团组织
    circular     工作进度督查通报
    calling      电话回访 sheets: questions about procedure, never about the vote
    sheets       附件4 and progress as .xlsx (.csv: `admin_cli.sheets`)
    template     附件4 into a unit's own .xlsx
    picture      progress per 战线 for a notice board, .svg and .png

Nothing here opens a file of the user's, asks the clock or draws a random byte: paths, times and codes are the
caller's. The form follows GB/T 9704-2012 as far as a unit without its own red head can: A4, 小标宋 or 宋体 for titles,
黑体 for headings, 仿宋 for text.
"""
