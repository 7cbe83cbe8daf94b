#include "api/sts.hpp"

#include <chrono>
#include <utility>

#include "api/iam_input.hpp"
#include "base/errors.hpp"
#include "json/writer.hpp"

namespace stepwell::api {

namespace {

using access::Session;
using access::Sessions;

constexpr std::int64_t duration_min = 900;

void write_credentials(json::Writer& writer, const Session& session) {
    const auto expiration =
        std::chrono::floor<std::chrono::seconds>(session.expires).time_since_epoch().count();
    writer.key("Credentials").begin_object();
    writer.member("AccessKeyId", session.access_key);
    writer.member("SecretAccessKey", session.secret_key);
    writer.member("SessionToken", session.token);
    writer.member_integer("Expiration", expiration);
    writer.end_object();
}

void get_caller_identity(Sessions& sessions, const Call& call, Respond respond) {
    const access::Caller caller = sessions.caller_of(call.context.access_key);
    json::Writer writer;
    writer.begin_object();
    writer.member("UserId", caller.user_id)
        .member("Account", caller.account)
        .member("Arn", caller.arn);
    writer.end_object();
    respond(Reply{.body = writer.take()});
}

void assume_role(Sessions& sessions, IamInput input, Respond respond) {
    access::AssumeRoleRequest request{
        .role_arn = input.text("RoleArn", iam_rules::arn),
        .session_name = input.text("RoleSessionName", iam_rules::session_name),
        .duration = std::chrono::seconds(
            input.optional_integer("DurationSeconds", duration_min, 43200).value_or(3600))};
    if (auto problems = input.problems()) return respond(*std::move(problems));
    sessions.assume_role(
        std::move(request), [respond = std::move(respond)](Result<Session> session) mutable {
            if (session.has_error()) return respond(session.error());
            json::Writer writer;
            writer.begin_object();
            write_credentials(writer, *session);
            writer.key("AssumedRoleUser").begin_object();
            writer.member("AssumedRoleId", session->user_id).member("Arn", session->arn);
            writer.end_object().end_object();
            respond(Reply{.body = writer.take()});
        });
}

void get_session_token(Sessions& sessions, IamInput input, Respond respond) {
    const std::chrono::seconds duration(
        input.optional_integer("DurationSeconds", duration_min, 129600).value_or(43200));
    if (auto problems = input.problems()) return respond(*std::move(problems));
    sessions.get_session_token(duration,
                               [respond = std::move(respond)](Result<Session> session) mutable {
                                   if (session.has_error()) return respond(session.error());
                                   json::Writer writer;
                                   writer.begin_object();
                                   write_credentials(writer, *session);
                                   writer.end_object();
                                   respond(Reply{.body = writer.take()});
                               });
}

}  // namespace

void register_sts(OperationTable& table, Sessions& sessions) {
    const auto add = [&](const char* name, void (*operation)(Sessions&, IamInput, Respond)) {
        table.add("sts", name, [&sessions, operation](Call call, Respond respond) {
            auto input = IamInput::of(call);
            if (input.has_error()) return respond(input.error());
            operation(sessions, *std::move(input), std::move(respond));
        });
    };
    table.add("sts", "GetCallerIdentity", [&sessions](Call call, Respond respond) {
        get_caller_identity(sessions, call, std::move(respond));
    });
    add("AssumeRole", assume_role);
    add("GetSessionToken", get_session_token);
}

}  // namespace stepwell::api
