"""What the gateway refuses, by name."""

from platform_kit.problems import Refusal, Text


class WrongCredentials(Refusal):
    """One answer for every reason, so that nobody learns which accounts there are."""

    status = 401
    says = Text("Account, password or code is wrong.", "账号、密码或验证码不正确。")


class ForeignForm(Refusal):
    """A form that was sent from another site, or from nowhere that the browser names, is not this person's."""

    status = 403
    says = Text("Please send the form from its own page.", "请从本站页面提交。")


class HeaderUnreadable(Refusal):
    status = 400
    says = Text("A header of this call is not ASCII text.", "请求头中含有非 ASCII 字符。")
