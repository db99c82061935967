"""Which column of a table of payments holds what, by headings in French, Dutch, English and German.

The headings of what Belgian banks let download (KBC, BNP Paribas Fortis, ING, Belfius, Crelan, Argenta) are
among them word for word. A heading of two meanings is settled by what stands below it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Final

_HEADING_CHARS: Final = 80
_FILLERS: Final = frozenset(
    (
        *("de", "du", "des", "d", "la", "le", "les", "l", "en", "et", "sur"),
        *("van", "het", "te", "op", "der", "die", "das", "am", "dem", "den", "und", "von"),
        *("of", "the", "to", "on", "by", "and", "v", "a"),
    )
)


class Column(StrEnum):
    """What a column holds; the value is the word for it in a sentence of a problem."""

    BOOKED = "date"
    VALUE = "value date"
    AMOUNT = "amount"
    DEBIT = "debit"
    CREDIT = "credit"
    SIDE = "debit or credit"
    NAME = "counterparty"
    IBAN = "account of the counterparty"
    BIC = "bic"
    WORDS = "communication"
    DETAILS = "details"
    STRUCTURED = "structured communication"
    INVOICE = "invoice"
    CURRENCY = "currency"
    ACCOUNT = "account"
    HOLDER = "holder"
    BALANCE = "balance"
    REFERENCE = "reference"
    END_TO_END = "end to end"
    MANDATE = "mandate"
    CODE = "kind"
    STATUS = "status"
    DUE = "due"
    """Only of invoices: a list with it, and with no word of payment, is none of payments."""
    SOME_ACCOUNT = "some account"
    """The account itself or that of the other side: its values tell."""
    SOME_NAME = "some name"


# Headings of one meaning, the likeliest first; then of several, which values settle in this order.
_MEANINGS: Final[Mapping[tuple[Column, ...], str]] = {
    (Column.BOOKED,): """
        boekingsdatum, boekdatum, uitvoeringsdatum, datum verrichting, verrichtingsdatum, datum boeking
        betaaldatum, betalingsdatum, datum betaling, ontvangstdatum, transactiedatum, datum, datum transactie
        date comptabilisation, date comptable, date execution, date operation, date paiement, date payement
        date reglement, date encaissement, date transaction, date ecriture, date
        booking date, booked on, posting date, payment date, date paid, paid date, received date, receipt date
        transaction date, execution date, completed date, date received, date payment
        buchungstag, buchungsdatum, zahlungsdatum, zahldatum, ausfuhrungsdatum, eingangsdatum
        fecha, fecha operacion""",
    (Column.VALUE,): """
        valutadatum, datum valuta, date valeur, date valuta, value date, wertstellung, valutatag, wertdatum
        wertstellungsdatum, rentedatum, fecha valor""",
    (Column.AMOUNT,): """
        bedrag, bedrag verrichting, bedrag eur, bedrag beweg, betaald bedrag, bedrag betaling
        ontvangen bedrag
        montant, montant operation, montant eur, montant paye, montant paiement, montant reglement
        montant recu, montant devise compte, montant transaction, somme
        amount, amount eur, amount paid, payment amount, paid amount, transaction amount, amount received
        betrag, betrag eur, umsatz, zahlbetrag, zahlungsbetrag, importe""",
    (Column.DEBIT,): """
        debet, debit, debits, afschrijving, debet eur, debit eur, montant debit, bedrag debet, soll, paid out
        withdrawal, belastung, uitgaven, uit""",
    (Column.CREDIT,): """
        credit, credits, bijschrijving, credit eur, montant credit, bedrag credit, haben, paid in, deposit
        gutschrift, inkomsten, encaissement""",
    (Column.SIDE,): "af bij, dc, d c, sens, debet credit, cd, c d, credit debit indicator, soll haben, teken",
    (Column.NAME,): """
        naam tegenpartij, naam tegenpartij bevat, tegenpartij naam, naam tegenrekening, naam klant, klant
        klantnaam, debiteur, naam debiteur, betaler, naam betaler, opdrachtgever, naam opdrachtgever
        nom contrepartie, nom contrepartie contient, contrepartie nom, nom partie adverse, client, nom client
        debiteur nom, nom debiteur, tiers, payeur, donneur ordre, nom donneur ordre, debiteur
        counterparty name, name counterparty, partner name, partner, customer, customer name, debtor
        debtor name, payer, payer name, paid by, payee, beneficiary name, client name
        name zahlungsbeteiligter, beguenstigter zahlungspflichtiger, begunstigter zahlungspflichtiger
        auftraggeber, kunde, kundenname, zahlungspflichtiger, zahler, name gegenpartei""",
    (Column.IBAN,): """
        rekening tegenpartij, rekeningnummer tegenpartij, tegenrekening, iban tegenpartij, iban tegenrekening
        rekening klant, iban klant, iban debiteur, rekeningnummer klant, rekening betaler, iban betaler
        compte contrepartie, numero compte contrepartie, compte partie adverse, iban contrepartie
        iban client, compte client, iban debiteur, compte debiteur, compte donneur ordre, compte payeur
        counterparty account, counterparty iban, account counterparty, partner account, partner iban
        customer iban, debtor iban, payer iban, debtor account, counterparty account number
        iban zahlungsbeteiligter, kontonummer iban, iban kunde, iban auftraggeber, gegenkonto""",
    (Column.BIC,): "bic, bic tegenpartij, bic contrepartie, bic code tegenpartij, bic code, code bic, swift",
    (Column.WORDS,): """
        mededeling, mededelingen, vrije mededeling, mededeling 1, bericht, communicatie, vrije communicatie
        communication, communications, communication libre, message, motif
        remittance information, payment reference, reference payment, memo
        verwendungszweck, mitteilung, nachricht, concepto""",
    (Column.DETAILS,): """
        details, detail omzet, omschrijving, beschrijving, detail, details verrichting
        libelle, libelles, details mouvement, detail mouvement, description, details operation
        label, narrative, buchungstext, beschreibung""",
    (Column.STRUCTURED,): """
        gestructureerde mededeling, gestructureerde communicatie, ogm, vcs, ogm vcs, mededeling gestructureerd
        communication structuree, vcs ogm, structured communication, structured reference
        structured message, strukturierte mitteilung, creditor reference""",
    (Column.INVOICE,): """
        factuurnummer, factuur, factuurnr, nr factuur, faktuur, facture, numero facture, no facture
        nr facture
        factures, facturen, invoice, invoice number, invoice nr, invoice no, invoices, document number
        rechnungsnummer, rechnung, rechnungsnr, belegnummer""",
    (Column.CURRENCY,): """
        munt, munteenheid, devies, valuta rekening, munt rekening, devise, devise compte, monnaie
        currency, ccy, wahrung, waehrung, moneda""",
    (Column.ACCOUNT,): """
        rekening opdrachtgever iban, eigen rekening, onze rekening, bankrekening, nr rekening
        notre compte, compte bancaire propre, our account, own account, iban auftragskonto, auftragskonto""",
    (Column.HOLDER,): """
        naam rekening, nom compte, account name, rekeninghouder, titulaire, titulaire compte, account holder
        kontoinhaber""",
    (Column.BALANCE,): """
        saldo, saldo na verrichting, nieuw saldo, solde, nouveau solde, solde apres operation, balance
        running balance, balance after, kontostand, saldo nach buchung""",
    (Column.REFERENCE,): """
        volgnummer, transactienummer, omzetnummer, verrichtingsreferentie, referentie, ref verrichting, ref
        numero sequence, numero mouvement, numero transaction, reference, reference banque, no sequence
        transaction id, bank reference, transaction reference, operation number, referenz, referencia
        referentie bank, sequence number""",
    (Column.END_TO_END,): "end to end, endtoend, end to end id, end to end reference, kundenreferenz",
    (Column.MANDATE,): "mandaat, mandaatreferentie, mandat, reference mandat, mandate, mandatsreferenz",
    (Column.CODE,): """
        type verrichting, transactie, mutatiesoort, soort, type transaction, type operation, transaction
        transaction type, code, type""",
    (Column.STATUS,): "status, statut, statuut, etat, state",
    (Column.DUE,): """
        vervaldatum, vervaldag, datum vervaldag, date echeance, echeance, due date, due, falligkeit
        falligkeitsdatum, faellig, maturity date""",
    (Column.VALUE, Column.CURRENCY): "valuta",
    (Column.VALUE, Column.AMOUNT): "valeur, value, wert",
    (Column.SIDE, Column.AMOUNT): "debit credit, credit debit, debit or credit",
    (Column.IBAN, Column.NAME): "tegenpartij, contrepartie, counterparty, gegenpartei, partie adverse",
    (Column.SOME_ACCOUNT,): """
        rekening, rekeningnummer, compte, numero compte, account, account number, konto, kontonummer, iban
        bank account, bankrekeningnummer, compte bancaire, cuenta, rekening opdrachtgever, nr compte""",
    (Column.SOME_NAME,): "naam, nom, name, denomination, naam bedrijf",
}  # fmt: skip
_PAYMENT: Final = re.compile(
    "betaal|betaling|paie|paye|regle|encaiss|ontv|paid|payment|receipt|zahl|valuta|valeur"
)
_DATED: Final = frozenset((Column.BOOKED, Column.VALUE))
_COUNTED: Final = frozenset((Column.AMOUNT, Column.DEBIT, Column.CREDIT))


def _index() -> dict[str, tuple[tuple[Column, ...], int]]:
    known: dict[str, tuple[tuple[Column, ...], int]] = {}
    for columns, listed in _MEANINGS.items():
        for rank, heading in enumerate(re.split(r"[,\n]", listed)):
            if heading.strip():
                known.setdefault(_plain(heading), (columns, rank))
    return known


@lru_cache(maxsize=4_096)
def _plain(heading: str) -> str:
    """The words of a heading, without accents, capitals and little words."""
    heading = re.sub(r"(?i)\bn(?:\.?[°º]|o\.)|#", " numero ", heading)
    heading = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", heading)
    text = unicodedata.normalize("NFKD", heading)
    text = "".join(c for c in text if not unicodedata.combining(c)).lower()
    return " ".join(w for w in re.findall(r"[a-z0-9]+", text.replace("ß", "ss")) if w not in _FILLERS)


_KNOWN: Final = _index()


def meant(heading: str) -> tuple[tuple[Column, ...], int]:
    """What a heading may mean, and how unlikely it is among those of the same meaning."""
    if len(heading) > _HEADING_CHARS:
        return (), 0
    return _KNOWN.get(_plain(heading), ((), 0))


def says_paid(header: Sequence[str]) -> bool:
    """Whether a heading speaks of a payment."""
    return any(_PAYMENT.search(_plain(heading)) for heading in header)


def known(cells: Sequence[str]) -> int:
    """How many different columns a record names, were it the header; 0 without a date or an amount."""
    named = {columns[0] for cell in cells if (columns := meant(cell)[0])}
    of_several = {column for cell in cells for column in meant(cell)[0]}
    return len(named) if of_several & _DATED and of_several & _COUNTED else 0


def columns_of(
    header: Sequence[str], suits: Callable[[Column, int], bool], is_constant: Callable[[int], bool]
) -> dict[Column, list[int]]:
    """The positions of each column, the likeliest first.

    Args:
        header: headings as written.
        suits: whether the values at a position are what a column holds.
        is_constant: whether the values at a position are all the same, of more than one row.
    """
    found: dict[Column, list[tuple[int, int]]] = {}
    for position, heading in enumerate(header):
        columns, rank = meant(heading)
        if columns:
            fitting = (column for column in columns if suits(column, position))
            column = columns[0] if len(columns) == 1 else next(fitting, columns[-1])
            found.setdefault(column, []).append((rank, position))
    placed = {column: [position for _, position in sorted(ranked)] for column, ranked in found.items()}
    for position in placed.pop(Column.SOME_NAME, []):
        placed.setdefault(Column.HOLDER if Column.NAME in placed else Column.NAME, []).append(position)
    for position in placed.pop(Column.SOME_ACCOUNT, []):
        placed.setdefault(_whose(placed, header[position], constant=is_constant(position)), []).append(
            position
        )
    return placed


def _whose(placed: Mapping[Column, Sequence[int]], heading: str, *, constant: bool) -> Column:
    """Whose account a column holds that does not say.

    Beside the account of the other side it is the own one. Else a bookkeeping that names the debtor
    gives the debtor's IBAN, and a bank repeats its customer's on every line.
    """
    if Column.IBAN in placed:
        return Column.ACCOUNT
    if "iban" in _plain(heading) and Column.NAME in placed:
        return Column.IBAN
    return Column.ACCOUNT if constant or Column.NAME not in placed else Column.IBAN
