// STS: temporary credentials, and whose they are.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <stepwell/clock.hpp>
#include <stepwell/journal.hpp>
#include <stepwell/result.hpp>

#include "access/replies.hpp"
#include "access/roles.hpp"
#include "base/identity.hpp"

namespace stepwell::access {

/// Temporary credentials and the identity that they stand for.
struct Session {
    std::string access_key;  ///< "ASIA" and 16 characters
    std::string secret_key;
    std::string token;
    TimePoint expires{};
    std::string user_id;  ///< "<role id>:<session name>"; the account's for its own sessions
    std::string arn;
};

/// Who makes a call.
struct Caller {
    std::string account;
    std::string user_id;
    std::string arn;
};

struct AssumeRoleRequest {
    std::string role_arn;
    std::string session_name;
    std::chrono::seconds duration{3600};
};

/// Gives out temporary credentials and remembers them until they expire ("session/<access key>" in
/// the control table).
///
/// threads  any; never blocks on the disk
class Sessions {
 public:
    /// Reads what `storage` holds; what has expired meanwhile is dropped. The arguments must
    /// outlive the Sessions. errors   SystemFailure: a stored session is damaged
    static Result<std::unique_ptr<Sessions>> open(Storage& storage, Roles& roles,
                                                  const Identity& identity, const Clock& clock);

    /// errors   AccessDenied (no such role in this account, as AWS says it), ValidationError
    /// (longer than the role
    ///          allows)
    void assume_role(AssumeRoleRequest request, Reply<Session> reply);
    /// Credentials of the account's own.
    void get_session_token(std::chrono::seconds duration, Reply<Session> reply);

    /// Whose the access key is: a session's, else the account's root user.
    Caller caller_of(std::string_view access_key) const;

 private:
    Sessions(Storage& storage, Roles& roles, const Identity& identity, const Clock& clock);
    Result<> recover();
    Caller account_itself() const;
    void start(std::string user_id, std::string arn, std::chrono::seconds duration,
               Reply<Session> reply);
    void drop_ended(Effects& effects);  // with mutex_ held

    // Immutable.
    Storage& storage_;
    Roles& roles_;
    const Identity& identity_;
    const Clock& clock_;

    // Invariants
    //  (1) by_end_ holds exactly the sessions of sessions_, by when they end.
    //  (2) Commits are made while mutex_ is held, in the order of the changes.
    mutable std::mutex mutex_;
    JournalSequence last_commit_{};
    std::map<std::string, Session, std::less<>> sessions_;  // key: access key
    std::set<std::pair<TimePoint, std::string>> by_end_;
};

}  // namespace stepwell::access
