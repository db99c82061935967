"""The words of invoice headers, and what they mean together.

French, Dutch, German and English are complete; Spanish, Italian, Portuguese and Luxembourgish have the words
that mean one thing only.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from encaiss_dashboard.domain.intake import Field

# concept → words by language; a word of one language only tells the language of the header.
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "invoice": {
        "fr": "facture factures fact fac facturation", "nl": "factuur facturen fact faktuur fakt",
        "de": "rechnung rechnungs rechnungen faktura rg", "en": "invoice invoices inv bill billing",
        "es": "factura facturas", "it": "fattura fatture", "pt": "fatura faturas",
    },
    "document": {
        "fr": "document doc piece pce", "nl": "document doc stuk", "de": "beleg", "en": "document doc",
        "es": "documento", "it": "documento", "pt": "documento",
    },
    "nr": {
        "fr": "no num numero n nro", "nl": "nr nummer", "de": "nr nummer", "en": "no nr num number nbr",
        "es": "num numero", "it": "num numero partita", "pt": "num numero",
    },
    "code": {
        "fr": "code identifiant id", "nl": "code id", "de": "code id idnr kennung",
        "en": "code id key identifier", "es": "codigo", "it": "codice", "pt": "codigo",
    },
    "debtor": {
        "fr": "client clients debiteur acheteur tiers cli societe",
        "nl": "klant klanten debiteur afnemer relatie koper firma bedrijf bedrijfs",
        "de": "kunde kunden debitor debitoren firma firmen",
        "en": "customer debtor client buyer company cust", "es": "cliente clientes deudor",
        "it": "cliente clienti debitore", "pt": "cliente clientes devedor",
    },
    "name": {
        "fr": "nom denomination raison sociale", "nl": "naam benaming", "de": "name namen", "en": "name",
        "es": "razon social", "it": "ragione sociale", "pt": "razao",
    },
    "date": {
        "fr": "date dt", "nl": "datum dd", "de": "datum", "en": "date dt", "es": "fecha", "it": "data",
        "pt": "data",
    },
    "issue": {
        "fr": "emission emis emise", "nl": "uitgifte opmaak", "de": "ausstellung ausstellungs",
        "en": "issue issued issuing", "es": "emision expedicion", "it": "emissione", "pt": "emissao",
    },
    "booked": {
        "fr": "comptable comptabilisation ecriture", "nl": "boek boeking boekings",
        "de": "buchung buchungs", "en": "booking booked posting posted",
    },
    "due": {
        "fr": "echeance ech exigible limite exigibilite", "nl": "verval vervaldag vervaldatum vervaldagen",
        "de": "fallig falligkeit falligkeits faellig faelligkeit faelligkeits zahlbar",
        "en": "due maturity", "es": "vencimiento", "it": "scadenza", "pt": "vencimento",
        "lb": "falleg faelleg",
    },
    "term": {
        "fr": "terme termes condition conditions delai delais",
        "nl": "termijn conditie condities voorwaarde voorwaarden", "de": "bedingung bedingungen ziel frist",
        "en": "term terms condition conditions", "es": "plazo condiciones",
        "it": "termine termini condizioni", "pt": "prazo condicoes",
    },
    "pay": {
        "fr": "paiement payer payement reglement", "nl": "betaling betalings betaal betalen",
        "de": "zahlung zahlungs zahl", "en": "payment pay", "es": "pago", "it": "pagamento",
        "pt": "pagamento",
    },
    "paid": {
        "fr": "paye payee payes regle reglee acompte acomptes encaisse percu",
        "nl": "betaald betaalde voldaan ontvangen", "de": "bezahlt bezahlter gezahlt beglichen",
        "en": "paid received prepaid", "es": "pagado cobrado", "it": "pagato incassato",
    },
    "settled": {
        "fr": "solde soldee", "nl": "afgesloten", "de": "ausgeglichen",
        "en": "settled settlement cleared clearing",
    },
    "open": {
        "fr": "solde reste restant ouvert impaye", "nl": "openstaand openstaande saldo open resterend",
        "de": "offen offener offene saldo rest", "en": "open outstanding balance remaining unpaid",
        "es": "pendiente", "it": "residuo scoperto", "pt": "pendente",
    },
    "amount": {
        "fr": "montant mnt mont mt somme", "nl": "bedrag bedragen som", "de": "betrag summe",
        "en": "amount amt value sum", "es": "importe", "it": "importo", "pt": "montante",
    },
    "total": {
        "fr": "total totale totaux", "nl": "totaal totale eind", "de": "gesamt total", "en": "total grand",
        "es": "total", "it": "totale", "pt": "total",
    },
    "incl": {
        "fr": "ttc tvac tvacomprise incl inclus comprise comprises", "nl": "incl inclusief btwi bruto",
        "de": "inkl brutto inklusive", "en": "incl including inclusive gross", "es": "incluido con",
        "it": "lordo ivato con", "pt": "incluido com",
    },
    "excl": {
        "fr": "ht htva hors excl net nette", "nl": "excl exclusief netto", "de": "exkl netto ohne",
        "en": "excl excluding exclusive net", "es": "neto imponible sin", "it": "netto imponibile senza",
        "pt": "liquido sem",
    },
    "vat": {
        "fr": "tva taxe taxes", "nl": "btw", "de": "mwst ust umsatzsteuer mehrwertsteuer", "en": "vat tax",
        "es": "iva", "it": "iva", "pt": "iva",
    },
    "enterprise": {
        "fr": "entreprise bce siren siret", "nl": "ondernemings onderneming kbo",
        "de": "unternehmens ustid uid", "en": "enterprise", "es": "nif cif", "pt": "nif nipc",
    },
    "rate": {
        "fr": "taux pct pourcentage", "nl": "tarief pct", "de": "satz prozent", "en": "rate pct percent",
    },
    "currency": {
        "fr": "devise devises monnaie", "nl": "munt valuta deviezen munteenheid", "de": "wahrung waehrung",
        "en": "currency curr ccy", "es": "moneda divisa", "it": "valuta divisa", "pt": "moeda",
    },
    "kind": {
        "fr": "type nature genre", "nl": "type soort", "de": "art typ", "en": "type kind doctype",
        "es": "tipo", "it": "tipo", "pt": "tipo",
    },
    "reference": {
        "fr": "reference ref communication", "nl": "referentie mededeling kenmerk ref",
        "de": "referenz verwendungszweck mitteilung", "en": "reference ref remittance", "es": "referencia",
        "it": "riferimento", "pt": "referencia",
    },
    "structured": {
        "fr": "structuree structure vcs ogm", "nl": "gestructureerde gestructureerd ogm vcs",
        "de": "strukturierte", "en": "structured ogm",
    },
    "email": {
        "fr": "email mail courriel mel", "nl": "email mail", "de": "email mail", "en": "email mail",
        "es": "email correo electronico", "it": "email", "pt": "email",
    },
    "address": {
        "fr": "adresse rue", "nl": "adres straat", "de": "adresse anschrift strasse",
        "en": "address street", "es": "direccion", "it": "indirizzo", "pt": "morada endereco",
    },
    "postcode": {
        "fr": "cp postal postale", "nl": "postcode post", "de": "plz postleitzahl",
        "en": "postcode zip postal", "es": "postal", "it": "cap postale", "pt": "postal",
    },
    "city": {
        "fr": "ville localite commune", "nl": "plaats gemeente stad woonplaats", "de": "ort stadt wohnort",
        "en": "city town", "es": "ciudad poblacion localidad", "it": "citta comune",
        "pt": "cidade localidade",
    },
    "country": {
        "fr": "pays", "nl": "land", "de": "land", "en": "country", "es": "pais", "it": "paese nazione",
        "pt": "pais",
    },
    "language": {
        "fr": "langue", "nl": "taal", "de": "sprache", "en": "language lang", "es": "idioma",
        "it": "lingua", "pt": "idioma",
    },
    "iban": {
        "fr": "iban", "nl": "iban", "de": "iban", "en": "iban", "es": "iban", "it": "iban", "pt": "iban",
    },
    "bank": {
        "fr": "bancaire banque", "nl": "bank", "de": "bank", "en": "bank", "es": "bancaria",
        "it": "bancario", "pt": "bancaria",
    },
    "account": {
        "fr": "compte cpte", "nl": "rekening", "de": "konto", "en": "account acct", "es": "cuenta",
        "it": "conto", "pt": "conta",
    },
    "peppol": {"fr": "peppol", "nl": "peppol", "de": "peppol", "en": "peppol endpoint"},
    "origin": {
        "fr": "origine originale initiale liee creditee precedente rattachee",
        "nl": "oorspronkelijk oorspronkelijke originele gecrediteerd gecrediteerde gekoppelde",
        "de": "ursprung ursprungs ursprungliche urspruengliche bezugs zugehorige zugehoerige",
        "en": "original originating credited preceding related linked", "es": "rectificada origen",
        "it": "origine collegata", "pt": "origem",
    },
}  # fmt: skip
WEAK: Final = frozenset(("account", "bank", "origin"))
"""Concepts that mean something with others, and else no more than a word nobody knows."""
FILLERS: Final = frozenset(
    (
        *("de", "du", "des", "d", "la", "le", "les", "l", "a", "au", "aux", "en", "et"),
        *("van", "het", "te", "op", "bis", "der", "die", "das", "am", "dem", "den", "und", "von"),
        *("del", "della", "di", "da", "do", "el", "los", "las", "il"),
        *("of", "the", "to", "on", "by", "and", "e", "eur", "euro", "euros"),
    )
)
# field → sets of concepts that name it, with the confidence in percent of such a header.
MEANINGS: Final[Mapping[Field, Mapping[str, int]]] = {
    Field.NUMBER: {
        "invoice nr": 100, "invoice code": 95, "document nr": 90, "invoice document nr": 95, "invoice": 85,
        "nr": 80, "invoice reference": 80, "document": 70, "code": 50,
    },
    Field.DEBTOR: {"debtor name": 100, "debtor": 90, "name": 80},
    Field.DEBTOR_NUMBER: {"debtor nr": 100, "debtor code": 100, "debtor reference": 70, "debtor": 60},
    Field.ISSUE: {
        "invoice date": 100, "issue date": 100, "invoice issue date": 100, "document date": 95, "date": 80,
        "issue": 75, "booked date": 70,
    },
    Field.DUE: {"due date": 100, "due": 95, "pay due date": 95, "invoice due date": 95, "pay due": 90},
    Field.TERM: {"pay term": 100, "term": 85, "due term": 70, "pay term code": 80},
    Field.TOTAL: {
        "total incl": 100, "total incl vat": 100, "amount incl": 100, "amount incl vat": 100, "incl": 95,
        "incl vat": 95, "invoice amount incl": 100, "invoice amount incl vat": 100, "invoice total incl": 100,
        "invoice total incl vat": 100, "total amount incl": 100, "total amount incl vat": 100,
        "invoice total": 98, "invoice amount": 97, "invoice total amount": 98, "total amount": 95,
        "total": 92, "amount": 88, "excl pay": 75,
    },
    Field.VAT: {"amount vat": 100, "total vat": 95, "vat": 80},
    Field.CURRENCY: {"currency": 100, "currency code": 100, "invoice currency": 95},
    Field.KIND: {"kind": 85, "document kind": 100, "invoice kind": 100},
    Field.REFERENCE: {
        "structured reference": 100, "structured": 95, "pay reference": 95, "reference": 80,
        "pay structured reference": 100,
    },
    Field.VAT_NUMBER: {
        "vat nr": 100, "vat code": 90, "enterprise nr": 100, "enterprise": 80, "enterprise code": 90,
        "vat": 75, "vat debtor nr": 100, "debtor enterprise nr": 100, "debtor enterprise": 70,
        "vat debtor": 70, "vat enterprise nr": 95,
    },
    Field.EMAIL: {"email": 100, "email debtor": 100, "email address": 100, "email invoice": 95},
    Field.LANGUAGE: {"language": 100, "language code": 100, "language debtor": 95},
    Field.COUNTRY: {"country": 100, "country code": 100, "country debtor": 95},
    Field.ADDRESS: {"address": 95, "address debtor": 95, "address invoice": 90},
    Field.POSTCODE: {"postcode": 100, "postcode code": 100, "postcode nr": 90, "postcode debtor": 95},
    Field.CITY: {"city": 100, "city debtor": 95},
    Field.SETTLED: {"settled date": 100, "pay date": 95, "paid date": 95, "settled": 60, "paid": 55},
    Field.PAID: {"paid amount": 100, "paid total": 95, "paid": 90, "pay amount": 75},
    Field.OPEN: {
        "open amount": 100, "open": 95, "open pay": 95, "due amount": 75, "due total": 70, "open due": 95,
        "settled": 75, "invoice open": 90, "open total": 95, "open invoice amount": 95,
    },
    Field.ENDPOINT: {
        "peppol": 95, "peppol code": 100, "peppol nr": 95, "peppol address": 95, "peppol debtor": 95,
        "peppol code debtor": 100, "peppol debtor nr": 95, "peppol address debtor": 95,
    },
    Field.IBAN: {
        "iban": 100, "iban debtor": 100, "iban nr": 100, "iban code": 95, "iban account": 100,
        "iban account debtor": 100, "iban bank": 95, "iban bank account": 100, "bank account": 75,
        "bank account nr": 75, "bank account debtor": 95, "bank account debtor nr": 95,
    },
    Field.CREDITED: {
        "origin invoice": 95, "origin invoice nr": 100, "origin invoice reference": 95, "origin document": 85,
        "origin document nr": 90, "origin invoice code": 95, "origin nr": 75,
    },
}  # fmt: skip
