"""A real mail server with STARTTLS and accounts, which a test may let refuse, or hang up when it should answer."""

import ssl
from email import message_from_bytes
from email.policy import default

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from server.demo.certificates import make_certificates
from server.demo.ports import free_port
from server.settings import Settings

USER, PASSWORD = "pet", "of the mail server"


class PostOffice:
    """`mails`: what it took. `answers`: by recipient what it says instead; "hang up": takes it, and says nothing."""

    def __init__(self, directory):
        self.directory, self.mails, self.answers, self.attempts = directory, [], {}, []
        self.watch = lambda: None  # looks on while a mail is being taken
        self.certificates = make_certificates(directory / "post", ("localhost",))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificates.server_pem, self.certificates.server_key)
        self.port = free_port()
        self.controller = Controller(
            self,
            hostname="localhost",
            port=self.port,
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=self.authenticate,
        )

    def authenticate(self, _server, _session, _envelope, _mechanism, data):
        right = LoginPassword(USER.encode(), PASSWORD.encode())
        return AuthResult(success=data == right)

    async def handle_RCPT(self, _server, _session, envelope, address, options):  # noqa: N802 - the library's name
        self.attempts.append(address)
        if address in self.answers and self.answers[address] != "hang up":
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802
        self.watch()
        self.mails.append((envelope.rcpt_tos[0], message_from_bytes(envelope.content, policy=default)))
        if self.answers.get(envelope.rcpt_tos[0]) == "hang up":
            server.transport.abort()
        return "250 taken"

    def settings(self, base, **more):
        """As of a server that sends by it."""
        password = self.directory / "smtp.password"
        password.write_text(f"{PASSWORD}\n")
        ours = {
            "smtp_host": "localhost",
            "smtp_port": self.port,
            "smtp_ca_file": self.certificates.authority_pem,
            "smtp_user": USER,
            "smtp_password_file": password,
            "mail_from": "pet@example.org",
        }
        return Settings(**base.model_dump() | ours | more)

    def text(self, address):
        """Of the newest mail to somebody."""
        return [mail for to, mail in self.mails if to == address][-1].get_body(("plain",)).get_content()
