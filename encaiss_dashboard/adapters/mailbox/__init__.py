"""The mailbox that answers come to, and what is understood of a stranger's mail."""

from encaiss_dashboard.adapters.mailbox.imap import ImapMailbox
from encaiss_dashboard.adapters.mailbox.reading import read_mail

__all__ = ["ImapMailbox", "read_mail"]
