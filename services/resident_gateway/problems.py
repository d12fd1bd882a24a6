"""What the gateway refuses, by name."""

from platform_kit.problems import Refusal, Text


class WrongCredentials(Refusal):
    """One answer for every reason, so that nobody learns which accounts there are."""

    status = 401
    says = Text("Account, password or code is wrong.", "账号、密码或验证码不正确。")
