"""Who lives and works in the demo's district: made from numbers, the same at every run."""

from dataclasses import dataclass

DISTRICT = "01"
STREETS = [f"{DISTRICT}/{street:02d}" for street in range(1, 10)]
COMMUNITIES = [
    f"{street}/{10 * place + community:03d}"
    for place, street in enumerate(STREETS)
    for community in range(1, 11)
]

_STREET_NAMES = ["桥西", "和平", "团结", "光明", "新华", "胜利", "长安", "建设", "友谊"]
_COMMUNITY_NAMES = ["幸福", "安康", "阳光", "翠园", "锦绣", "福寿", "祥和", "文昌", "望江", "春晖"]
_FAMILY = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
_GIVEN = [
    "秀英",
    "桂兰",
    "建国",
    "志强",
    "淑珍",
    "玉兰",
    "海燕",
    "国庆",
    "丽华",
    "德胜",
    "凤霞",
    "永红",
    "春梅",
    "文静",
    "晓东",
    "美玲",
]
# Characters outside the basic plane, and a name with a middle dot: they must survive every way through the house.
_RARE = ["𠮷田明", "𨭎玉珍", "古丽米热·艾比布力", "买买提·吐尔逊"]

STAFF_PASSWORD = "linli-demo-2026"  # noqa: S105 - a demo's, printed at its end


@dataclass(frozen=True, slots=True)
class Person:
    """`phone` signs in by code; staff sign in by `account` and password."""

    key: str
    name: str
    phone: str
    what_to_try: str
    roles: tuple[str, ...]


WANG = Person("wang", "王秀英(王奶奶)", "13800000001", "看求助、订单和救助金的进展", ("resident",))
DAUGHTER = Person("daughter", "刘晓燕(女儿)", "13800000002", "代母亲求助,查看她的事项", ("resident",))
VOLUNTEER_A = Person("volunteer-a", "陈志强", "13800000003", "接单、签到、签退", ("resident", "volunteer"))
VOLUNTEER_B = Person(
    "volunteer-b", "古丽米热·艾比布力", "13800000004", "与陈志强抢同一单", ("resident", "volunteer")
)
PROVIDER = Person("provider", "赵建国", "13800000005", "今天的助浴订单", ("resident", "provider"))
NEIGHBOURS = (WANG, DAUGHTER, VOLUNTEER_A, VOLUNTEER_B, PROVIDER)


@dataclass(frozen=True, slots=True)
class Official:
    """`role` is held at every unit of `units`."""

    account: str
    name: str
    role: str
    units: tuple[str, ...]
    what_to_try: str


FILER = Official("worker1", "李社工", "worker", tuple(STREETS), "分办求助,代居民申请救助")
VERIFIER = Official("worker2", "张社工", "worker", tuple(STREETS), "入户核实救助申请")
STREET = Official("street1", "孙科长", "street", tuple(STREETS), "公示后复审")
DISTRICT_OFFICER = Official("district1", "周科长", "district", (DISTRICT,), "审批,项目与预算")
FINANCE = Official("finance1", "吴会计", "finance", (DISTRICT,), "发放批次、银行回盘、收入")
LEAD = Official("finance2", "郑主管", "finance_lead", (DISTRICT,), "放行他人算好的批次,关账")
AUDITOR = Official("auditor1", "冯审计", "auditor", (DISTRICT,), "只读:收入与分录")
OFFICIALS = (FILER, VERIFIER, STREET, DISTRICT_OFFICER, FINANCE, LEAD, AUDITOR)


def unit_name(code: str) -> str:
    parts = code.split("/")
    if len(parts) == 1:
        return "青山区"
    street = _STREET_NAMES[int(parts[1]) - 1]
    return f"{street}街道" if len(parts) == 2 else f"{street}{_COMMUNITY_NAMES[(int(parts[2]) - 1) % 10]}社区"


def resident_name(number: int) -> str:
    if number % 97 == 5:
        return _RARE[number // 97 % len(_RARE)]
    return _FAMILY[number % len(_FAMILY)] + _GIVEN[number * 7 % len(_GIVEN)]


def id_number(number: int) -> str:
    """A well-formed number of nobody: region 110101, a birthday by `number`, the right check digit."""
    body = f"110101{1930 + number % 60}{1 + number % 12:02d}{1 + number % 28:02d}{number % 1000:03d}"
    weights = [2 ** (17 - place) % 11 for place in range(17)]
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11]


def bank_account(number: int) -> str:
    return f"62220210{number:011d}"
