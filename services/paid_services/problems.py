"""What paid services refuse, by name."""

from platform_kit.problems import Refusal, Text


class CodeTaken(Refusal):
    says = Text("There is a service with the code {code} already.", "代码为 {code} 的服务已存在。")


class ServiceUnknown(Refusal):
    status = 422
    says = Text("There is no service {code}.", "没有代码为 {code} 的服务。")


class AlreadyProvider(Refusal):
    says = Text("You are a provider already.", "您已登记为服务人员。")


class QuoteExpired(Refusal):
    says = Text("The quote was valid until {until}.", "报价已于 {until} 失效。")


class ProviderUnfit(Refusal):
    says = Text("This provider does not offer {service}.", "该服务人员不提供“{service}”。")


class ProviderIsResident(Refusal):
    says = Text("Nobody serves themself.", "服务人员不能是下单居民本人。")


class AmountDiffers(Refusal):
    """`due` is what has to be paid."""

    status = 422
    says = Text("What is due is {due}.", "应付金额为 {due}。")


class MoreThanPaid(Refusal):
    """`left` is what can still be given back."""

    says = Text("At most {left} can be given back.", "最多可退 {left}。")


class PeriodClosed(Refusal):
    says = Text("The month {month} is closed already.", "{month} 已关账。")


class PeriodNotOver(Refusal):
    says = Text("The month {month} is not over yet.", "{month} 尚未结束。")
