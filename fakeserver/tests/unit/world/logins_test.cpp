#include "world/logins.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace tdsfake;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using world::claim;

namespace {

using rules = std::vector<scenario::login_rule>;

} // namespace

TEST(Logins, WithoutRulesLetAnyoneIn) {
    const rules server;
    world::logins logins(server);
    EXPECT_THAT(logins.judge({.user = "anyone", .password = "x", .database = "any"}), IsEmpty());
}

TEST(Logins, WantTheUserAndThePassword) {
    const rules server{{.user = "sa", .password = "secret"}, {.user = "open"}};
    world::logins logins(server);
    EXPECT_THAT(logins.judge({.user = "SA", .password = "secret"}), IsEmpty()) << "users ignore case";
    EXPECT_THAT(logins.judge({.user = "sa", .password = "Secret"}), ElementsAre(18456)) << "passwords do not";
    EXPECT_THAT(logins.judge({.user = "nobody", .password = "secret"}), ElementsAre(18456));
    EXPECT_THAT(logins.judge({.user = "open", .password = "anything"}), IsEmpty());
}

TEST(Logins, WantADatabaseOfTheList) {
    const rules server{{.user = "app", .databases = {"orders", "master"}}};
    world::logins logins(server);
    EXPECT_THAT(logins.judge({.user = "app", .database = "ORDERS"}), IsEmpty());
    EXPECT_THAT(logins.judge({.user = "app"}), IsEmpty());
    EXPECT_THAT(logins.judge({.user = "app", .database = "other"}), ElementsAre(4060, 18456));
}

TEST(Logins, TellWhatIsWrongWithAnAccountOnlyToWhoMayKnow) {
    const rules server{
        {.user = "locked", .password = "p", .locked = true},
        {.user = "disabled", .password = "p", .disabled = true},
        {.user = "expired", .password = "p", .expired = true},
        {.user = "fresh", .password = "p", .must_change = true}
    };
    world::logins logins(server);
    EXPECT_THAT(logins.judge({.user = "locked", .password = "p"}), ElementsAre(18486));
    EXPECT_THAT(logins.judge({.user = "disabled", .password = "p"}), ElementsAre(18470));
    EXPECT_THAT(logins.judge({.user = "expired", .password = "p"}), ElementsAre(18487));
    EXPECT_THAT(logins.judge({.user = "fresh", .password = "p"}), ElementsAre(18488));
    EXPECT_THAT(logins.judge({.user = "locked", .password = "x"}), ElementsAre(18486));
    for (const auto* user : {"disabled", "expired", "fresh"})
        EXPECT_THAT(logins.judge({.user = user, .password = "x"}), ElementsAre(18456)) << user;
}

TEST(Logins, TakeANewPassword) {
    const rules server{
        {.user = "expired", .password = "old", .expired = true},
        {.user = "fresh", .password = "old", .must_change = true},
        {.user = "usual", .password = "old"},
        {.user = "limited", .password = "old", .databases = {"master"}, .must_change = true}
    };
    world::logins logins(server);
    for (const auto* user : {"expired", "fresh", "usual"}) {
        EXPECT_THAT(
            logins.judge({.user = user, .password = "wrong", .new_password = "new"}), ElementsAre(18456)
        ) << user;
        EXPECT_THAT(logins.judge({.user = user, .password = "old", .new_password = "new"}), IsEmpty())
            << user;
        EXPECT_THAT(logins.judge({.user = user, .password = "old"}), ElementsAre(18456)) << user;
        EXPECT_THAT(logins.judge({.user = user, .password = "new"}), IsEmpty()) << user;
    }
    EXPECT_THAT(
        logins.judge({.user = "limited", .password = "old", .new_password = "new", .database = "no"}),
        ElementsAre(4060, 18456)
    );
    EXPECT_THAT(logins.judge({.user = "limited", .password = "new"}), IsEmpty()) << "it was changed before";
}

TEST(Logins, LookAtTheNameOnlyWhereThePasswordIsNotSeen) {
    const rules server{
        {.user = "DOM\\ann", .password = "p"}, {.user = "DOM\\bob", .password = "p", .disabled = true}
    };
    world::logins logins(server);
    const auto by = claim::means::integrated;
    EXPECT_THAT(logins.judge({.by = by, .user = "dom\\ANN"}), IsEmpty());
    EXPECT_THAT(logins.judge({.by = by, .user = "DOM\\bob"}), ElementsAre(18470));
    EXPECT_THAT(logins.judge({.by = by, .user = "DOM\\eve"}), ElementsAre(18456));
    EXPECT_THAT(logins.judge({.by = claim::means::token}), IsEmpty());
}
