#include "session/answer_plan.hpp"

namespace tdsfake::session {

bool answer_plan::write(tds::token_writer& out, std::size_t budget) {
    const auto full = out.size() + budget;
    while (!parts_.empty() && out.size() < full) {
        auto& next = parts_.front();
        if (auto* const rows = std::get_if<std::shared_ptr<generated_rows>>(&next)) {
            if ((*rows)->write(out, full - out.size())) continue;
        } else {
            std::get<part>(next)(out);
        }
        parts_.pop_front();
    }
    return !parts_.empty();
}

} // namespace tdsfake::session
