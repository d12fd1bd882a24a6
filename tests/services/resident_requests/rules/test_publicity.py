"""What reaches a person is left out of words that everybody sees, however it is written; the rest is left as it came."""

from unicodedata import category, normalize, numeric

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from resident_requests.rules.publicity import published

# As many ways to write the ten digits: plain, full-width, by words, in circles, bold, Arabic, small.
FORMS = ("0123456789", "".join(map(chr, range(0xFF10, 0xFF1A))), "〇一二三四五六七八九", "零壹贰叁肆伍陆柒捌玖", "\u25cb幺二三四五六七八九",
         "⓪①②③④⑤⑥⑦⑧⑨", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "٠١٢٣٤٥٦٧٨٩", "₀₁₂₃₄₅₆₇₈₉")  # fmt: skip
DIGIT = st.builds(lambda form, digit: form[digit], st.sampled_from(FORMS), st.integers(0, 9))
AT = "@\uff20\ufe6b"
# Whatever is neither a letter nor a number: blanks, stops, dashes, signs, pictures, and what is not seen at all.
SEPARATORS = st.text(
    st.characters(exclude_categories=["L", "N", "Cs"], exclude_characters=AT + "\u25cb"), max_size=3
)


@st.composite
def numbers(draw: st.DrawFn) -> str:
    digits = draw(st.lists(DIGIT, min_size=7, max_size=18))
    return digits[0] + "".join(draw(SEPARATORS) + digit for digit in digits[1:])


@given(numbers())
@example("138.1234.5678")
@example("138 - 1234 - 5678")
@example("138·1234·5678")
@example("138——1234——5678")
@example("138,1234,5678")
@example("138\uff0c1234\uff0c5678")
@example("\uff11\uff13\uff18\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18")
@example("一三八一二三四五六七八")
@example("幺三八 零零一二 三四五六")
@example("1\ufe0f\u20e33\ufe0f\u20e38\ufe0f\u20e31\ufe0f\u20e32\ufe0f\u20e33\ufe0f\u20e34\ufe0f\u20e3")
@example("138\uff081234\uff095678")
@example("138\n1234\n5678")
@example("138\u30fc1234\u30fc5678")
@example("1\u200b\u200b\u200b\u200b38123456")
@example("138\u3164123\u31645678")
@example("1\u248a8\u24881234")
@example("⑬⑧⑫㉞㊶㊷")
@example("138㍘1234")
@example("1❸8⓬34⓯6")
def test_a_number_is_left_out_whatever_stands_between_its_digits(number: str) -> None:
    assert published(f"请打{number}找我") == "请打…找我"


@pytest.mark.parametrize(
    "mail",
    ["a@b.com", "a\uff20b.com", "a\ufe6bb.com", "a@b\uff0ecom", "wang.xm+1@mail.qq.com", "a@b。com", "a @ b.com", "a@b . com",
     "a@\u200bb.com", "王@例子.公司"],
)  # fmt: skip
def test_an_address_of_mail_is_left_out(mail: str) -> None:
    assert published(f"写信 {mail} 谢谢") == "写信 … 谢谢"


@pytest.mark.parametrize(
    "number", ["11010119900307123X", "110101 19900307 123x", "11010119900307123\uff38", "+86 138 1234 5678"]
)
def test_the_end_of_a_card_and_the_beginning_of_a_foreign_number_go_with_the_rest(number: str) -> None:
    assert published(f"证{number}号") == "证…号"


def test_a_number_and_an_address_stand_beside_each_other_and_within() -> None:
    assert published("电话13812345678或13812345678@qq.com。谢谢") == "…。谢谢"
    assert published("a@b.com 13812345678 和 2026") == "… … 和 2026"


@pytest.mark.parametrize(
    "words",
    [
        "幸福路12号3栋2单元501室门口的路灯不亮", "二〇二六年十一月二十五日晚上", "3楼,超过120㎡", "12345 S MAIN ST, Apt 7",
        "丢了\uff11\uff12把椅子·\uff12张桌子", "第一、第二、第三", "BLVD @ VINE ST", "请@书记。谢谢大家", "110、119", "",
    ],
)  # fmt: skip
def test_what_reaches_nobody_is_left_as_it_came(words: str) -> None:
    assert published(words) == words


def _counts_nothing(char: str) -> bool:
    return not any(
        category(each)[0] == "N" or numeric(each, None) is not None for each in char + normalize("NFKC", char)
    )


@given(
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters=AT + "\u25cb").filter(_counts_nothing),
        max_size=200,
    )
)
def test_words_without_numbers_are_left_as_they_came(words: str) -> None:
    assert published(words) == words
