// LOGIN7 and the pre-7.0 record: what was read is written and read the same.
#include "tds/login7.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <tuple>

using namespace tdsfake;

namespace {

bool same(const tds::login7& left, const tds::login7& right) {
    const auto fields = [](const tds::login7& m) {
        return std::tie(
            m.tds_version,
            m.packet_size,
            m.client_prog_ver,
            m.client_pid,
            m.connection_id,
            m.option_flags1,
            m.option_flags2,
            m.type_flags,
            m.client_time_zone,
            m.client_lcid,
            m.host_name,
            m.user_name,
            m.password,
            m.app_name,
            m.server_name,
            m.library_name,
            m.language,
            m.database,
            m.client_id,
            m.sspi,
            m.attach_db_file,
            m.change_password,
            m.has_feature_extension
        );
    };
    return fields(left) == fields(right) &&
           std::ranges::equal(left.features, right.features, [](const auto& a, const auto& b) {
               return a.id == b.id && a.data == b.data;
           });
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const core::byte_view input(data, size);
    (void)tds::parse_pre_tds7_login(input);
    const auto login = tds::parse_login7(input);
    if (login.has_error()) return 0;
    for (const auto& feature : login.value().features)
        (void)tds::feature_name(feature.id);
    const auto wire = tds::encode_login7(login.value());
    if (wire.size() > 0xffff) return 0; // items that shared their data no longer do: offsets have 16 bits
    const auto again = tds::parse_login7(wire);
    fuzz::must(again.has_value(), "what was written is accepted", input);
    fuzz::must(same(login.value(), again.value()), "round trip", input);
    return 0;
}
