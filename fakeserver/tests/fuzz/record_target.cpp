// The borders of TLS records and the look at a ClientHello: what they say of a stream must not depend on how
// much more of it is there.
#include "tests/fuzz/target.hpp"
#include "tls/record.hpp"

using namespace tdsfake;

namespace {

bool same(const tls::client_hello& a, const tls::client_hello& b) {
    return a.legacy_version == b.legacy_version && a.versions == b.versions && a.ciphers == b.ciphers &&
           a.server_name == b.server_name && a.alpn == b.alpn && a.newest() == b.newest();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const core::byte_view input(data, size);

    // Record by record: each is whole exactly from its last byte on.
    auto rest = input;
    std::size_t of_records = 0;
    for (;;) {
        const auto whole = tls::whole_record(rest);
        if (whole.has_error() || whole.value() == 0) break;
        const auto count = whole.value();
        fuzz::must(count <= rest.size(), "a whole record is all there", input);
        const auto shorter = tls::whole_record(rest.first(count - 1));
        fuzz::must(shorter.has_value() && shorter.value() == 0, "without its last byte it is not", input);
        const auto header = tls::read_record_header(rest);
        fuzz::must(header.value().has_value(), "a whole record has a header", input);
        fuzz::must(header.value()->size() == count, "which says so", input);
        fuzz::must(tls::begins_record(rest.front()), "it begins as one", input);
        rest = rest.subspan(count);
        of_records += count;
    }

    // What is recognised stays recognised when more comes.
    const auto hello = tls::peek_client_hello(input);
    const auto front = tls::peek_client_hello(input.first(of_records));
    fuzz::must(hello.has_value() == front.has_value(), "records that are not whole add nothing", input);
    if (hello) {
        fuzz::must(same(*hello, *front), "the same hello", input);
        core::bytes longer(input.begin(), input.end());
        longer.insert(longer.end(), {0x17, 3, 3, 0, 0});
        const auto again = tls::peek_client_hello(longer);
        fuzz::must(again.has_value() && same(*hello, *again), "what follows changes nothing", input);
    }
    // The same bytes as a message.
    static_cast<void>(tls::parse_client_hello(input));
    return 0;
}
