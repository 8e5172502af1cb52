"""How mail programs of many languages announce quotes, forwards and signatures. Data only; `reply.py` reads it.

All phrases are compared in lower case.
"""

import re


def _list(block: str) -> list[str]:
    """The phrases of a block; ` | ` stands between them, a bare `|` belongs to a pattern."""
    return [phrase for phrase in re.split(r"\s+\|\s*|\n\s*", block.strip()) if phrase]


def _any(block: str) -> str:
    return "|".join(_list(block))


def _set(block: str) -> frozenset[str]:
    return frozenset(_list(block))


_WEEKDAYS = _any("""
    mon | tue | wed | thu | fri | sat | sun | mo | di | mi | do | fr | sa | so | lun | mar | mer | mié | jeu |
    jue | ven | vie | sam | sáb | dim | dom | gio | sab | ma | wo | vr | za | zo | seg | ter | qua | qui | sex |
    pon | wt | śr | czw | pt | sob | niedz | mån | tis | ons | tors | tor | fre | lör | sön | man | tir | lør |
    ke | to | pe | la | su | po | út | st | čt | pá | ne | пн | вт | ср | чт | пт | сб | вс | нд | paz | pzt |
    sal | çar | per | cum | cmt | sunnuntai | maanantai
""")


WROTE = re.compile(
    _any(r"""
        \bwrote\b | \bwrites\b | \bschrieb(?:en)?\b | a écrit | a ecrit | \bécrivait\b | escribió | escribio\b |
        ha scritto | \bscrive\b | \bschreef\b | geschreven\s*: | escreveu | napisał | napisal | pisze\b |
        \bskrev\b | kirjoitti | napsal | napísal | написал | пишет | пише\b | написа\b | yazdı | şunu yazdı |
        写道 | 寫道 | 書きました | のメール | 작성 | 님이 | כתב | كتب | تمت كتابة | a scris | έγραψε | írta |
        đã viết | menulis | ditulis | เขียน | je napisao | je napisal | rašė | rakstīja | kirjutas | skrifaði |
        va escriure | ha escrit | idatzi | נכתב | نوشت | ने लिखा
    """)
)  # fmt: skip

SAID = re.compile(r"\bsent ?:|\bsaid ?:|\bsays ?:")
"""Weaker than `WROTE`: counts with an address or marked quote only."""

OPENERS = re.compile(
    r"[\s>*_|\"'«»\[(–—-]*(?:"
    + _any(r"""
        on | at | in | am | um | le | el | il | il giorno | op | em | no dia | a | w dniu | dnia | den | dne |
        dňa | på | vào | ngày | pada | στις | בתאריך | ב- | في | în | la | dana | kuupäeval | в | от |
        \d{1,4}[./\-年\x20]
    """)
    + rf"|(?:{_WEEKDAYS})\b\.?)(?=[\s,.\d:/年-]|$)"
)  # fmt: skip

QUOTING = re.compile(
    r"[\s*_]*(?:" + _any("""
        quoting | zitat von | citando a | citando | quoting message from | citation de | mensaje citado por |
        citát | cytowanie | citeren van | цитирую
    """) + r")\s.{2,150}:$"
)  # fmt: skip

_ORIGINAL = _any("""
        original message | original-nachricht | originalnachricht | original mail | original e-mail |
        original email | ursprüngliche nachricht | ursprüngliche e-mail | message d'origine | message d’origine |
        message original | message initial | mensaje original | correo original | messaggio originale |
        messaggio original | oorspronkelijk bericht | origineel bericht | original bericht | mensagem original |
        wiadomość oryginalna | oryginalna wiadomość | originalmeddelande | ursprungligt meddelande |
        original meddelande | ursprungliga meddelandet | oprindelig meddelelse | original meddelelse |
        opprinnelig melding | original melding | alkuperäinen viesti | původní zpráva | původní e-mail |
        pôvodná správa | исходное сообщение | оригинальное сообщение | исходное письмо | вихідне повідомлення |
        元のメッセージ | 元のメール | 原始邮件 | 原始郵件 | 原邮件 | 邮件原件 | 原始信件 | 원본 메시지 |
        원본 메일 | özgün ileti | orijinal mesaj | orjinal mesaj | asıl ileti | الرسالة الأصلية | הודעה מקורית |
        eredeti üzenet | mesaj original | mesajul original | αρχικό μήνυμα | izvorna poruka | originalna poruka |
        izvirno sporočilo | thư gốc | pesan asli | missatge original | reply message | antwort nachricht |
        reply separator
    """)  # fmt: skip
_FORWARDED = _any("""
        forwarded message | forwarded by | forwarded e-?mail | begin forwarded | forward message |
        weitergeleitete nachricht | weitergeleitete e-mail | weitergeleitete mail | anfang der weitergeleiteten |
        weitergeleitet von | message transféré | message réexpédié | message transmis | mensaje reenviado |
        messaggio inoltrato | doorgestuurd bericht | mensagem encaminhada | mensagem reencaminhada |
        przekazana wiadomość | przekazywanej wiadomości | wiadomość przekazana | vidarebefordrat | videresendt |
        välitetty viesti | välitetyn viestin | edelleenlähetetty | přeposlaná zpráva | přeposílané zprávy |
        preposlaná správa | пересылаемое сообщение | пересылаемого сообщения | пересланное сообщение |
        переадресованного сообщения | переслане повідомлення | 転送メッセージ | 転送されたメッセージ | 转发邮件 |
        转发的邮件 | 轉寄郵件 | 轉寄的郵件 | 已转发邮件 | 전달된 메시지 | yönlendirilmiş ileti | iletilen mesaj |
        iletilmiş mesaj | إعادة توجيه | معاد توجيهها | הודעה שהועברה | továbbított üzenet | mesaj redirecționat |
        προωθημένο μήνυμα | προωθημένου μηνύματος | proslijeđena poruka | thư đã chuyển tiếp | pesan terusan |
        missatge reenviat
    """)  # fmt: skip
ORIGINAL = re.compile(rf"[\s>*_=~#-]*(?:{_ORIGINAL})[\s*_=~#:-]*")
FORWARDED = re.compile(rf"[\s>*_=~#-]*(?:[^\s]{{0,20}} ){{0,3}}(?:{_FORWARDED})(?: [^:]{{0,60}})?[\s*_=~#:：-]*")

LABELS: dict[str, frozenset[str]] = {
    "from": _set("""
        from | von | de | expéditeur | da | van | från | fra | lähettäjä | od | от | от кого | від | 差出人 |
        送信者 | 发件人 | 寄件者 | 寄件人 | 보낸 사람 | 보낸사람 | kimden | gönderen | من | מאת | feladó | από |
        frá | saatja | nuo | no | từ | dari | de la | emisor | remitente | mittente | afzender | remetente |
        nadawca | avsändare | afsender | avsender | odesílatel | odosielateľ | отправитель | pošiljatelj
    """),
    "sent": _set("""
        sent | date | gesendet | datum | envoyé | date d'envoi | enviado | enviado el | enviada em | enviado em |
        enviada | fecha | inviato | data | verzonden | wysłano | wysłane | skickat | skickat den | sendt | dato |
        lähetetty | päivämäärä | odesláno | dátum | odoslané | отправлено | дата | надіслано | 送信日時 | 日時 |
        送信日 | 日付 | 发送时间 | 发送日期 | 日期 | 寄件日期 | 傳送時間 | 보낸 날짜 | 날짜 | 보낸날짜 |
        gönderildi | gönderilme tarihi | gönderme tarihi | tarih | تاريخ الإرسال | التاريخ | تم الإرسال | נשלח |
        תאריך | küldve | elküldve | ημερομηνία | στάλθηκε | trimis | poslano | datums | kuupäev | ngày | tanggal |
        date sent | received | reçu | time
    """),
    "to": _set("""
        to | an | à | a | para | aan | do | till | til | vastaanottaja | komu | кому | 宛先 | 收件人 | 收件者 |
        받는 사람 | 받는사람 | kime | alıcı | إلى | אל | címzett | προς | către | za | kepada | đến |
        destinataire | destinatario | destinatários | pour | per
    """),
    "cc": _set("""
        cc | kopie | kopia | copie | copie à | cópia | copia | dw | kopi | kopio | копия | копія | 抄送 | 副本 |
        참조 | bilgi | نسخة | עותק | másolat | ccn | bcc | c.c.
    """),
    "subject": _set("""
        subject | betreff | objet | sujet | asunto | oggetto | onderwerp | assunto | temat | ämne | emne | aihe |
        předmět | predmet | тема | 件名 | 題名 | 主题 | 主題 | 主旨 | 제목 | konu | الموضوع | נושא | tárgy |
        θέμα | subiect | zadeva | teema | efni | tema | chủ đề | perihal | subjek | betrifft | re | titel
    """),
}

REPLY_ABOVE = re.compile(
    r"[\s>*_#=–—-]*(?:" + _any("""
        please (?:type|reply|write)[^.]{0,40} above |
        (?:type|write|enter)? ?(?:your )?(?:reply|response|answer)s? (?:above|goes above) | reply above |
        bitte (?:antworten sie )?oberhalb | antwort(?:en)?(?: bitte)? (?:über|oberhalb) | répondre au-dessus |
        responda (?:por )?(?:encima|arriba|acima) | rispondi sopra | antwoord boven
    """) + ")"
)  # fmt: skip

MOBILE = re.compile(
    r"[\s*_<>\[(-]*(?:"
    + _any(r"""
        sent (?:from|via|with|by|using) \S |
        sent from (?:mobile|iphone) | \w{1,20} from mobile | get outlook for |
        get the outlook | download outlook | from my (?:iphone|ipad|android|mobile|phone|blackberry|samsung) |
        this message was sent from my | composed (?:on|with) | typed (?:on|with) |
        von (?:meinem|meiner|unterwegs|mobil) |
        (?:gesendet|gesandt|verschickt|versendet|geschickt) (?:von|mit|über|aus) |
        diese (?:nachricht|mail|e-mail) wurde (?:gesendet|gesandt|verschickt|versendet) (?:von|mit|über|aus) |
        vom (?:iphone|ipad|handy) gesendet | mobil gesendet | outlook für (?:ios|android) |
        holen sie sich outlook | laden sie outlook | envoyé (?:de|depuis|à partir|avec|par|via) |
        envoyée? (?:de|depuis) | télécharge[rz]? outlook | obtenez outlook | obtenir outlook |
        provenance : courrier | enviado (?:desde|de|do|da|con|com|via|a partir) | obtener outlook |
        obter o outlook | enviado por outlook | inviato (?:da|dal|dall|con|tramite) | scarica outlook |
        ottieni outlook | verzonden (?:vanaf|met|via|van) | verstuurd (?:vanaf|met|via|van|door) | outlook voor |
        download outlook voor | skickat från | skickades från | hämta outlook | sendt (?:fra|med|via) |
        hent outlook | skaff deg outlook | lähetetty \w | hanki outlook | wysłan[eoa] z |
        pobierz (?:aplikację )?outlook | odesláno z | poslané z | získat outlook | отправлено (?:с|из|со|через) |
        надіслано (?:з|із) | получите outlook | скачать outlook | iphoneから送信 | ipadから送信 |
        \S{1,20}から送信 | outlook for (?:ios|android) | 发自我的 | 从我的.{1,20}发送 | 發自我的 |
        從我的.{1,20}傳送 | 从我的.{1,20}发送 | 获取 ?outlook | 取得 ?outlook | 나의 iphone에서 보냄 |
        내 .{1,20}에서 보냄 | .{1,20}에서 보냄 |
        .{1,20}(?:'den|'dan|'umdan|'imden|’umdan|’imden|umdan|imden) gönderildi | outlook.{1,10}edinin |
        أرسلت من | مرسل من | تم الإرسال من | נשלח מ | elküldve:? az | küldve az? | στάλθηκε από | trimis de pe |
        gửi từ | dikirim dari | poslano (?:iz|z|s) | enviat des | saadetud minu
    """)
    + r")"
)  # fmt: skip

REPLY_PREFIX = re.compile(
    r"\s*(?:" + _any("""
    re | aw | antw | antwort | sv | vs | odp | ynt | res | r | rif | réf | réponse | ré | ответ | відп | 回复 |
    回覆 | 答复 | 返信 | 답장 | 回信 | cevap | yan | ad | atb | hu | vá | απ | תגובה | رد | svar
""") + r")\s*(?:\[\d{1,3}\]|\(\d{1,3}\)|\^\d)?\s*[:：]",
    re.IGNORECASE,
)  # fmt: skip
FORWARD_PREFIX = re.compile(
    r"\s*(?:" + _any("""
    fwd? | wg | tr | rv | enc | i | doorst | vb | vl | vid | videresendt | pd | přep | fs | 転送 | 转发 | 轉寄 |
    转寄 | 전달 | ilt | i̇lt | yön | továbbítás | πρθ | пересл | fyi | הועבר | إعادة توجيه | reenv
""") + r")\s*(?:\[\d{1,3}\])?\s*[:：]",
    re.IGNORECASE,
)  # fmt: skip

_AUTO = _any(r"""
    automatic(?:ally generated)? reply | auto(?:matic|mated)?[ -]?(?:reply|response|responder|answer) |
    autoreply | out[ -]of[ -](?:the[ -])?office | ooo\b | vacation (?:reply|notice|message|response) |
    on vacation | away from (?:the | my )?office | i am (?:currently )?(?:out|away) | automatische antwort |
    automatisch generierte antwort | abwesenheit | abwesend | auto(?:matische)?-?antwort | ausser haus |
    außer haus | urlaub\b | nicht im b(?:ü|ue)ro | réponse automatique | reponse automatique | absence du bureau |
    absent(?:e)? du bureau | message d.absence | je suis absent | en congés?\b | respuesta autom[aá]tica |
    fuera de (?:la )?oficina | ausencia de la oficina | risposta automatica | fuori (?:sede|ufficio) |
    assenza dall | automatisch antwoord | automatische antwoord | afwezig | buiten kantoor |
    resposta autom[aá]tica | fora do escrit[oó]rio | ausente d[oe] | aus[eê]ncia | automatyczna odpowied |
    autoodpowied | odpowied. automatyczna | poza biurem | nieobecno | autosvar | automatiskt svar |
    automatisk svar | frånvaro | fraværende | ikke til stede | ude af kontoret | automaattinen vastaus | poissa |
    poissaolo | automatick[áa] odpov | mimo kancel | автоматический ответ | автоответ | нет на рабочем месте |
    автоматична відповідь | 自動応答 | 自動返信 | 不在 | 自动回复 | 自動回覆 | 自动答复 | 자동 회신 | 부재중 |
    otomatik yan[ıi]t | ofis d[ıi]ş[ıi]nda | automatikus v[aá]lasz | r[aă]spuns automat | αυτόματη απάντηση |
    الرد التلقائي | رد تلقائي | תשובה אוטומטית | מענה אוטומטי | automatski odgovor | samodejni odgovor |
    phản hồi tự động | balasan otomatis
""")
AUTO_SUBJECT = re.compile(rf"(?:(?:re|aw|sv|antw)\s*:\s*)?\[?(?:{_AUTO})", re.IGNORECASE)

_FAILED = _any(r"""
    undeliver(?:ed|able) | undelivered mail |
    delivery (?:status )?(?:notification|failure|failed|error|report|problem|has failed|to .{1,80} failed) |
    (?:mail|message|e-?mail) (?:delivery )?(?:fail|could not be|not delivered|undeliverable) |
    (?:mail|message) (?:delivery )?(?:system error|status report) |
    returned mail | returned to sender | failure (?:notice|delivery) | failed (?:mail|delivery) |
    mail (?:returned|failure|error) | non[ -]?delivery | nondeliverable | could not (?:send|deliver) |
    delivery unsuccessful | unable to deliver | user unknown | message not delivered | bounced? (?:mail|message) |
    warning: (?:could not send|message .{1,80} delayed) | rejected | unzustellbar | nicht zugestellt |
    zustellung | nachricht wurde nicht | unzustellbare | fehlgeschlagen | non remis | échec | echec (?:de|d) |
    message non | non distribu | no se (?:puede|pudo) entregar | no entregad | devuelto | error de entrega |
    mancato recapito | impossibile recapitare | non recapitabile | onbestelbaar | niet bezorgd |
    kan niet worden bezorgd | falha na entrega | não entregue | não foi possível | niedostarczon |
    nie (?:można|dostarczono) | zwrot | kunde inte levereras | olevererad | kunne ikke leveres | ikke leveret |
    toimittamaton | ei voitu toimittaa | nedoručiteln | не доставлен | не удалось доставить | недоставлен |
    配信不能 | 配達不能 | 配信エラー | 未配信 | 送信できません | 退信 | 无法投递 | 未送达 | 投递失败 | 無法傳遞 |
    반송 | 전송 실패 | teslim edilemedi | iletilemedi | תמסור | تعذر التسليم | kézbesíthetetlen | nelivrat
""")
FAILED_SUBJECT = re.compile(_FAILED, re.IGNORECASE)

_DELAYED = _any(r"""
    delayed | delay\b | warning | temporar | still (?:trying|being) | will (?:be retried|retry|keep trying) |
    verzögert | not yet been delivered | verzögerung
""")
DELAYED = re.compile(_DELAYED, re.IGNORECASE)
