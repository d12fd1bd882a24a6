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


class SessionOver(Refusal):
    """The refresh token is not good: expired, signed out, or used by somebody before."""

    status = 401
    says = Text("Please sign in again.", "请重新登录。")


class TooManyTries(Refusal):
    """Sent with Retry-After: the seconds after which one more is counted. The same for accounts that do not exist."""

    status = 429
    says = Text(
        "Too many tries; please come back in {retry_after} seconds.",
        "尝试次数过多,请 {retry_after} 秒后再试。",
    )


class SecondFactorMissing(Refusal):
    """The password is right, and this house lets staff in only with a second factor."""

    status = 403
    says = Text(
        "Please set up your second factor first (POST /api/v1/auth/totp).",
        "请先设置动态验证码(POST /api/v1/auth/totp)。",
    )
