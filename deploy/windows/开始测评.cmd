@echo off
rem Starts the voting and starts it again, whatever ended it, until the round itself says that the voting is over.
rem The words are those of beikaobei-kiosk: a round's number, --token FOLDER. Never run on Windows by the authors.
chcp 65001 >nul
set PYTHONUTF8=1
set "BIN=%~dp0..\..\.venv\Scripts"
if not exist "%BIN%\beikaobei-kiosk.exe" (
    echo 错误：找不到 beikaobei-kiosk.exe。请按 deploy\README.md 安装。
    pause >nul
    exit /b 2
)
rem Not under Windows by itself: the hook that takes the keyboard is set with BEIKAOBEI_GUARD=1 beforehand.
:again
"%BIN%\beikaobei-kiosk.exe" %*
rem An exit status of 0 alone is not believed: the round is asked. The number stands first, as in the Linux script.
set "ROUND=%~1"
if "%ROUND:~0,1%"=="-" set "ROUND="
"%BIN%\beikaobei-admin.exe" status %ROUND% --json 2>nul | findstr /r /c:"\"state\": *\"stopped\"" /c:"\"state\": *\"closed\"" /c:"\"state\": *\"void\"" /c:"\"state\": *\"destroyed\"" >nul
if not errorlevel 1 goto ended
echo 投票程序已退出。按任意键重新启动，由两名工作人员输入口令。
pause >nul
goto again
:ended
echo 本次投票已结束，请由两名工作人员结束测评并计票。按任意键关闭本窗口。
pause >nul
exit /b 0
