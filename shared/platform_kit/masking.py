"""Masked forms of personal data, for lists and for whoever has no reason to see more."""


def mask_name(name: str) -> str:
    """王秀英 → 王**; a one-character name is masked whole."""
    return name[0] + "*" * (len(name) - 1) if len(name) > 1 else "*"


def mask_phone(phone: str) -> str:
    """13800138000 → 138****8000."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "*" * len(phone)


def mask_id(number: str) -> str:
    """11010119900307803X → 1101**********803X."""
    return number[:4] + "*" * (len(number) - 8) + number[-4:] if len(number) > 8 else "*" * len(number)


def mask_account(account: str) -> str:
    """6222021234567890123 → ****0123."""
    return "****" + account[-4:] if len(account) > 8 else "****"
