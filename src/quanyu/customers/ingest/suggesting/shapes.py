"""Shapes that a value can have, each a pattern over its cleaned text, and the ways in which times are written."""

from quanyu.foundation.lake.model import Value

_HAN = r"\p{Han}"
PROVINCES = (
    "北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|"
    "陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门"
)
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金"
    "石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤庞樊兰殷施洪翟安倪牛温柳葛季鲁"
)
_COUNTRIES = (
    "china|中国|cn|chn|united kingdom|uk|gb|united states|usa|us|germany|france|japan|日本|eire|ireland|spain|italy|"
    "netherlands|belgium|australia|hong kong|singapore|de|fr|jp|hk|sg|ca|au|canada"
)
_CURRENCIES = "cny|rmb|usd|eur|gbp|jpy|hkd|twd|krw|sgd|aud|cad|chf|人民币|美元"
_GENDERS = "男|女|未知|保密|男性|女性|male|female|m|f|unknown|other|先生|女士|男士"
PATTERNS: dict[str, str] = {
    "phone": r"^(\+?86|0086)?[- ]?1[3-9]\d[- ]?\d{4}[- ]?\d{4}$|^\+[1-9]\d{7,14}$|^1\.[3-9]\d*[Ee]\+10$",
    "masked_phone": r"^1\d{2}\*{3,6}\d{2,4}$",
    "landline": r"^\(?0\d{2,3}\)?[- ]\d{7,8}$",
    "email": r"^[^@\s]+@[^@\s.]+(\.[^@\s.]+)+$",
    "id_card": r"^[1-9]\d{5}(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])\d{3}[\dXx]$",
    "url": r"^(https?|ftp)://",
    "wechat_id": r"^o[A-Za-z0-9_-]{27}$",
    "external_userid": r"^w[mob][A-Za-z0-9_-]{30}$",
    "taobao_id": r"^AA[A-Za-z0-9+/_-]{15,40}=*$",
    "douyin_id": r"^1@#[A-Za-z0-9+/]+=*$",
    "jd_pin": r"^jd_[A-Za-z0-9_-]+$",
    "device": r"^[0-9a-f]{16,19}$|^[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}$",
    "json": r"^\s*[{\[].*[}\]]\s*$",
    "plain_integer": r"^[-+]?\d+$",
    "lost_zero": r"^0\d+$",
    "long_digits": r"^[A-Za-z#]{0,4}[-_]?\d{9,24}$|^[A-Za-z0-9]+-\d{6,8}-\d{3,}$",
    "digits": r"^\d{4,8}$",
    "sku": r"^[A-Za-z]{1,6}[-_]?\d{3,10}[A-Za-z]{0,2}$|^\d{4,6}[A-Za-z]{0,2}$",
    "barcode": r"^69\d{11}$|^\d{13}$",
    "identifier": r"^[A-Za-z0-9][A-Za-z0-9_./#@+=-]{2,63}$",
    "person": rf"^[{_SURNAMES}]{_HAN}{{1,2}}$|^{_HAN}\*{{1,3}}{_HAN}?$",
    "han": _HAN,
    "words": r"[A-Za-z\p{Han}]{2,}\s|[\p{Han}]{4,}",
    "province": rf"^({PROVINCES})(省|市|自治区|壮族自治区|回族自治区|维吾尔自治区|特别行政区)?$",
    "city": rf"^{_HAN}{{2,10}}(市|州|盟|地区)$",
    "district": rf"^{_HAN}{{1,12}}(区|县|旗)$",
    "address": r"[路街道巷弄村].*\d|\d+号|(?i)\b(street|road|avenue|st\.|ave)\b",
    "gender": rf"(?i)^({_GENDERS})$",
    "country": rf"(?i)^({_COUNTRIES})$",
    "currency": rf"(?i)^({_CURRENCIES})$",
    "pounds": r"£",
    "euros": r"€",
    "dollars": r"\$",
    "yuan": r"[¥￥]|元$",
    "slashed": (
        r"^\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b|^\d{4}[/.年-]\d{1,2}[/.月-]\d{1,2}|^[A-Za-z]{3,9} \d{1,2},? \d{4}|"
        r"^\d{1,2}[ -][A-Za-z]{3}"
    ),
    "clock": r"\d{1,2}[:：时]\d{2}|T\d{2}",
    "seconds": r"^\d{9,10}(\.\d+)?$",
    "milliseconds": r"^\d{12,13}$",
    "compact_day": r"^(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])(\d{4}|\d{6})?$",
    "nothing": r"(?i)^(-+|—+|/|\\n|n/?a|#n/a|null|none|nan|nil|无|暂无|空|\[\s*\])$",
}

_DAYS = ("%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%Y", "%m.%d.%Y", "%d/%m/%y", "%m/%d/%y", "%y/%m/%d")
_CLOCKS = ("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p")
TIME_FORMS: tuple[str, ...] = (
    *(day + clock for clock in _CLOCKS for day in _DAYS),
    "%Y-%m-%d %H:%M:%S %z",
    "%Y-%m-%d %H:%M:%S %Z",
    "%Y-%m-%d",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%a %b %d %H:%M:%S %Y",
    "%b %d %Y %I:%M%p",
)
"""Forms that are tried where a column is not written as ISO 8601 is; the day stands first unless values forbid it."""


def has(text: Value, shape: str) -> Value:
    return text.re_search(PATTERNS[shape])
