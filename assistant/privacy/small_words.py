"""Words of two or three letters that stand between numbers and are no letters of a postcode or a licence plate."""

from __future__ import annotations

_WORDS = frozenset(
    """
    aan al als an as at be bij btw bv by ca cm da de den der die dit do door dus een en er ex for had heb het hij ik in
    is it ja je jr km kg ma me met min mg mm na nee nee niet no nog nou nr nu nv of om on ook op or per pm ros te ten
    ter the tm to tot tov uit uur van vd via vm vn voor vr was wat we wel wet wie wij za ze zei zo zij zzp
    ek tk nl art awb avg bbz bw byz cao fte gi hgkm jw lid lt pag rv sr sv stb vt wlz wmo wo wvg zvh
    jan feb mrt apr mei jun jul aug sep sept okt nov dec
    """.split()
)


def is_small_word(letters: str) -> bool:
    """Whether these letters are an everyday word, an abbreviation of the field or a month."""
    return letters.casefold() in _WORDS
