"""TLS for the test client: Python's ssl module over memory, so that records can be carried in packets or not at all."""

import ssl
import warnings

VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}
ALPN = "tds/8.0"


def client_context(ca=None, min=None, max=None, ciphers=None, alpn=(), certificate=None):
    """`ca`: the file to trust, and to verify against; without it nothing is verified."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if ca is None:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_verify_locations(ca)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of TLS 1.0 and 1.1
        context.minimum_version = VERSIONS[min or "1.2"]
        context.maximum_version = VERSIONS[max or "1.3"]
    if ciphers or (min or "1.2") < "1.2" or (max or "1.3") < "1.2":
        context.set_ciphers(ciphers or "ALL:@SECLEVEL=0")
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if certificate:
        context.load_cert_chain(certificate)
    return context


class Tls:
    """The client side of one TLS connection: ciphertext in and out as bytes."""

    def __init__(self, host="localhost", **options):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = client_context(**options)
        self.object = context.wrap_bio(self.incoming, self.outgoing, server_hostname=host)
        self.closed = False  # close_notify was read

    def handshake(self, received=b""):
        """Whether it is complete; what take() gives is to be sent then, too."""
        self.incoming.write(received)
        try:
            self.object.do_handshake()
            return True
        except ssl.SSLWantReadError:
            return False

    def take(self):
        return self.outgoing.read()

    def encrypt(self, data):
        self.object.write(data)
        return self.take()

    def decrypt(self, data):
        self.incoming.write(data)
        out = b""
        while True:
            try:
                piece = self.object.read(1 << 16)
            except ssl.SSLWantReadError:
                return out
            except ssl.SSLZeroReturnError:
                piece = b""
            if not piece:
                self.closed = True
                return out
            out += piece

    def close_notify(self):
        try:
            self.object.unwrap()
        except ssl.SSLWantReadError:
            pass
        return self.take()

    @property
    def version(self):
        return {"TLSv1": "1.0"}.get(self.object.version(), self.object.version().removeprefix("TLSv"))

    @property
    def cipher(self):
        return self.object.cipher()[0]

    @property
    def alpn(self):
        return self.object.selected_alpn_protocol()
