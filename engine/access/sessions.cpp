#include "access/sessions.hpp"

#include <array>
#include <optional>

#include "access/errors.hpp"
#include "access/identifier.hpp"
#include "access/limits.hpp"
#include "base/base64.hpp"
#include "base/bytes.hpp"
#include "base/errors.hpp"
#include "base/random.hpp"
#include "base/try.hpp"

namespace stepwell::access {

namespace {

constexpr std::string_view session_prefix = "session/";
constexpr char session_format = 1;

std::string encode(const Session& session) {
    std::string out(1, session_format);
    for (const std::string* text : {&session.access_key, &session.secret_key, &session.token,
                                    &session.user_id, &session.arn}) {
        append_text(out, *text);
    }
    append_big_endian(out, static_cast<std::uint64_t>(session.expires.time_since_epoch().count()));
    return out;
}

Result<Session> decode_session(std::string_view bytes) {
    ByteReader reader(bytes);
    Session session;
    const bool is_known = reader.take(1) == std::string_view(&session_format, 1);
    for (std::string* text : {&session.access_key, &session.secret_key, &session.token,
                              &session.user_id, &session.arn}) {
        *text = reader.text();
    }
    session.expires =
        TimePoint{milliseconds{static_cast<std::int64_t>(reader.big_endian<std::uint64_t>())}};
    if (is_known && reader.is_good() && reader.is_at_end()) return session;
    return Error(stepwell::errors::system_failure,
                 "a stored session is damaged or of an unknown format");
}

template <std::size_t Size>
std::string make_secret() {
    std::array<char, Size> bytes;
    fill_with_secret_bytes(bytes.data(), bytes.size());
    return base64_encode({bytes.data(), bytes.size()});
}

/// The role's name in "arn:aws:iam::<account>:role/path/name".
std::string_view name_in(std::string_view role_arn) {
    return role_arn.substr(role_arn.rfind('/') + 1);
}

}  // namespace

Sessions::Sessions(Storage& storage, Roles& roles, const Identity& identity, const Clock& clock)
    : storage_(storage), roles_(roles), identity_(identity), clock_(clock) {}

Result<std::unique_ptr<Sessions>> Sessions::open(Storage& storage, Roles& roles,
                                                 const Identity& identity, const Clock& clock) {
    std::unique_ptr<Sessions> sessions(new Sessions(storage, roles, identity, clock));
    if (const Result<> recovered = sessions->recover(); recovered.has_error())
        return recovered.error();
    return sessions;
}

Result<> Sessions::recover() {
    std::optional<Error> failure;
    storage_.scan(Table::control, {.prefix = session_prefix},
                  [&](std::string_view, std::string_view value) {
                      auto session = decode_session(value);
                      if (session.has_error()) {
                          failure = session.error();
                          return false;
                      }
                      by_end_.emplace(session->expires, session->access_key);
                      std::string key = session->access_key;
                      sessions_.emplace(std::move(key), *std::move(session));
                      return true;
                  });
    if (failure) return *failure;
    Effects effects;
    drop_ended(effects);
    if (!effects.is_empty()) last_commit_ = storage_.commit(std::move(effects));
    return {};
}

void Sessions::drop_ended(Effects& effects) {
    const TimePoint now = clock_.now();
    while (!by_end_.empty() && (by_end_.begin()->first <= now || by_end_.size() >= sessions_max)) {
        const std::string& access_key = by_end_.begin()->second;
        effects.erase(Table::control, std::string(session_prefix) + access_key);
        sessions_.erase(access_key);
        by_end_.erase(by_end_.begin());
    }
}

void Sessions::assume_role(AssumeRoleRequest request, Reply<Session> reply) {
    std::string name(name_in(request.role_arn));
    roles_.get_role(std::move(name), [this, request = std::move(request),
                                      reply = std::move(reply)](Result<Role> found) mutable {
        if (found.has_error() || roles_.arn_of(*found) != request.role_arn) {
            reply(Error(errors::access_denied,
                        "User: " + account_itself().arn +
                            " is not authorized to perform: sts:AssumeRole on resource: " +
                            request.role_arn));
            return;
        }
        const Role& role = *found;
        if (request.duration.count() > role.session_seconds_max) {
            reply(Error(
                errors::validation,
                "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."));
            return;
        }
        start(role.id + ":" + request.session_name,
              "arn:aws:sts::" + identity_.account + ":assumed-role/" + role.name + "/" +
                  request.session_name,
              request.duration, std::move(reply));
    });
}

void Sessions::get_session_token(std::chrono::seconds duration, Reply<Session> reply) {
    Caller account = account_itself();
    start(std::move(account.user_id), std::move(account.arn), duration, std::move(reply));
}

void Sessions::start(std::string user_id, std::string arn, std::chrono::seconds duration,
                     Reply<Session> reply) {
    Session session{.access_key = make_identifier("ASIA", 20),
                    .secret_key = make_secret<30>(),  // 40 characters
                    .token = make_secret<192>(),
                    .expires = clock_.now() + duration,
                    .user_id = std::move(user_id),
                    .arn = std::move(arn)};
    std::unique_lock lock(mutex_);
    Effects effects;
    drop_ended(effects);
    effects.put(Table::control, std::string(session_prefix) + session.access_key, encode(session));
    by_end_.emplace(session.expires, session.access_key);
    sessions_.emplace(session.access_key, session);
    commit_then_reply<Session>(std::move(lock), storage_, last_commit_, std::move(effects),
                               std::move(reply), std::move(session));
}

Caller Sessions::account_itself() const {
    return {identity_.account, identity_.account, "arn:aws:iam::" + identity_.account + ":root"};
}

Caller Sessions::caller_of(std::string_view access_key) const {
    const std::lock_guard lock(mutex_);
    const auto found = sessions_.find(access_key);
    if (found == sessions_.end() || found->second.expires <= clock_.now()) return account_itself();
    return {identity_.account, found->second.user_id, found->second.arn};
}

}  // namespace stepwell::access
