"""Masked forms of personal data, for lists and for whoever has no reason to see more. What has been erased shows as a dash."""

ERASED = "—"


def mask_name(name: str | None) -> str:
    """王秀英 → 王**; a one-character name is masked whole."""
    if name is None:
        return ERASED
    return name[0] + "*" * (len(name) - 1) if len(name) > 1 else "*"


def mask_phone(phone: str | None) -> str:
    """13800138000 → 138****8000."""
    if phone is None:
        return ERASED
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "*" * len(phone)


def mask_id(number: str | None) -> str:
    """11010119900307803X → 1101**********803X."""
    if number is None:
        return ERASED
    return number[:4] + "*" * (len(number) - 8) + number[-4:] if len(number) > 8 else "*" * len(number)


def mask_account(account: str | None) -> str:
    """6222021234567890123 → ****0123."""
    if account is None:
        return ERASED
    return "****" + account[-4:] if len(account) > 8 else "****"


def mask_address(address: str | None) -> str:
    """幸福路1号3单元 → 幸福路****; nothing is shown of what is hardly longer."""
    if address is None:
        return ERASED
    return address[:3] + "****" if len(address) > 4 else "****"
