"""Writes CAMT.053 as a bank would, in the forms that readers meet."""

from xml.sax.saxutils import escape

VERSIONS = ("02", "04", "06", "08", "10")


def amount(money):
    return f'<Amt Ccy="{money.currency}">{abs(money.cents) // 100}.{abs(money.cents) % 100:02d}</Amt>'


def side(money):
    return f"<CdtDbtInd>{'CRDT' if money.cents >= 0 else 'DBIT'}</CdtDbtInd>"


def tag(name, text):
    return f"<{name}>{escape(text)}</{name}>" if text else ""


def party(name, text, version):
    if not text:
        return ""
    inner = tag("Nm", text)
    return f"<{name}>{f'<Pty>{inner}</Pty>' if version >= '08' else inner}</{name}>"


def detail(one, version):
    """A transaction with all that a movement knows of it."""
    role = "Dbtr" if one.amount.cents >= 0 else "Cdtr"
    account = f"<{role}Acct><Id>{tag('IBAN', one.iban)}</Id></{role}Acct>" if one.iban else ""
    bic = "BIC" if version < "03" else "BICFI"
    agent = (
        f"<RltdAgts><{role}Agt><FinInstnId>{tag(bic, one.bic)}</FinInstnId></{role}Agt></RltdAgts>"
        if one.bic
        else ""
    )
    structured = (
        "<Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry><Issr>BBA</Issr></Tp>"
        f"{tag('Ref', one.structured)}</CdtrRefInf></Strd>"
        if one.structured
        else ""
    )
    words = "".join(tag("Ustrd", one.text[at : at + 140]) for at in range(0, len(one.text), 140))
    original = f"<InstdAmt>{amount(one.original)}</InstdAmt>" if one.original else ""
    amounts = f"<AmtDtls>{original}<TxAmt>{amount(one.amount)}</TxAmt></AmtDtls>"
    direct = "" if version < "04" else amount(one.amount) + side(one.amount)
    returned = f"<RtrInf><Rsn>{tag('Cd', one.return_reason)}</Rsn></RtrInf>" if one.return_reason else ""
    return (
        "<TxDtls><Refs>"
        f"{tag('AcctSvcrRef', one.bank_reference)}<EndToEndId>{escape(one.end_to_end) or 'NOTPROVIDED'}"
        f"</EndToEndId>{tag('MndtId', one.mandate)}</Refs>{direct}{amounts}"
        f"<RltdPties>{party(role, one.counterparty, version)}{account}</RltdPties>{agent}"
        f"<RmtInf>{words}{structured}</RmtInf>{returned}</TxDtls>"
    )


def entry(movements, version, *, extra=""):
    """An entry of one movement, or of several as a batch."""
    total = sum(one.amount.cents for one in movements)
    first = movements[0]
    money = type(first.amount)(total, first.amount.currency)
    status = "<Sts>BOOK</Sts>" if version < "08" else "<Sts><Cd>BOOK</Cd></Sts>"
    domain, family, sub = first.code.split("-")
    inner = f"<Cd>{domain}</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>{sub}</SubFmlyCd></Fmly>"
    code = f"<BkTxCd><Domn>{inner}</Domn></BkTxCd>"
    batch = f"<Btch><NbOfTxs>{len(movements)}</NbOfTxs></Btch>" if len(movements) > 1 else ""
    details = "".join(detail(one, version) for one in movements)
    return (
        f"<Ntry>{amount(money)}{side(money)}{status}<BookgDt><Dt>{first.booked_on}</Dt></BookgDt>"
        f"<ValDt><Dt>{first.value_on}</Dt></ValDt>{code}{extra}"
        f"<NtryDtls>{batch}{details}</NtryDtls></Ntry>"
    )


def balance(code, money, day):
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{amount(money)}{side(money)}"
        f"<Dt><Dt>{day}</Dt></Dt></Bal>"
    )


def statement(batches, *, account, opening, day, version="02", number="41"):
    """A statement of entries, each a list of movements, that proves."""
    moved = sum(one.amount.cents for batch in batches for one in batch)
    closing = type(opening)(opening.cents + moved, opening.currency)
    entries = "".join(entry(batch, version) for batch in batches)
    return (
        f"<Stmt><Id>S-{number}</Id><ElctrncSeqNb>{number}</ElctrncSeqNb><CreDtTm>{day}T20:00:00</CreDtTm>"
        f"<Acct><Id><IBAN>{account}</IBAN></Id><Ccy>{opening.currency}</Ccy></Acct>"
        f"{balance('OPBD', opening, day)}{balance('CLBD', closing, day)}{entries}</Stmt>"
    )


def document(*statements, version="02", namespace=True, prefix="", encoding="UTF-8", kind="BkToCstmrStmt"):
    """A file; with a prefix every element bears it."""
    body = f"<{kind}><GrpHdr><MsgId>M</MsgId></GrpHdr>{''.join(statements)}</{kind}>"
    message = {"BkToCstmrStmt": "053", "BkToCstmrAcctRpt": "052", "BkToCstmrDbtCdtNtfctn": "054"}[kind]
    space = f"urn:iso:std:iso:20022:tech:xsd:camt.{message}.001.{version}"
    if prefix:
        body = body.replace("</", "\0").replace("<", f"<{prefix}:").replace("\0", f"</{prefix}:")
        top, end = f'<{prefix}:Document xmlns:{prefix}="{space}">', f"</{prefix}:Document>"
    else:
        top, end = (f'<Document xmlns="{space}">' if namespace else "<Document>"), "</Document>"
    return f'<?xml version="1.0" encoding="{encoding}"?>\n{top}{body}{end}'.encode(encoding)
