// IAM's roles and managed policies.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/journal.hpp>
#include <stepwell/result.hpp>

#include "access/replies.hpp"
#include "access/role.hpp"
#include "base/identity.hpp"

namespace stepwell::access {

/// Which part of a list to give: at most `count` items, those after the one named `after` (a marker
/// of the last page).
struct Page {
    std::string after = {};
    std::size_t count = 100;
};

/// One page of a list. `marker` is empty on the last one.
template <class T>
struct Listing {
    std::vector<T> items;
    std::string marker;
};

/// A managed policy with what is derived from the roles.
struct ManagedPolicyView {
    ManagedPolicy policy;
    std::string arn;
    std::size_t attachments = 0;
};

struct RoleChange {
    std::optional<std::string> description;
    std::optional<std::int64_t> session_seconds_max;
};

struct PolicyFilter {
    std::string path_prefix = "/";
    bool only_attached = false;
};

/// Keeps roles and policies: all in memory, stored in the control table as "role/<name>" and
/// "policy/<name>".
///
/// Names are unique without regard to case, as in IAM. An answer comes once what it tells is
/// durable. The rules of the single fields (lengths, characters) are the caller's to check; here
/// are those that need what is stored.
///
/// errors   NoSuchEntity, EntityAlreadyExists, DeleteConflict, LimitExceeded,
/// MalformedPolicyDocument threads  any; never blocks on the disk
class Roles {
 public:
    /// Reads what `storage` holds. The arguments must outlive the Roles.
    /// errors   SystemFailure: a stored role or policy is damaged
    static Result<std::unique_ptr<Roles>> open(Storage& storage, const Identity& identity,
                                               const Clock& clock);

    /// `role` has the caller's fields; id and time are set here.
    void create_role(Role role, Reply<Role> reply);
    void get_role(std::string name, Reply<Role> reply) const;
    void update_role(std::string name, RoleChange change, Reply<Role> reply);
    void update_trust_policy(std::string name, std::string document, Reply<> reply);
    void delete_role(std::string name, Reply<> reply);
    void list_roles(std::string path_prefix, Page page, Reply<Listing<Role>> reply) const;

    void put_role_policy(std::string role, std::string name, std::string document, Reply<> reply);
    void get_role_policy(std::string role, std::string name, Reply<std::string> reply) const;
    void delete_role_policy(std::string role, std::string name, Reply<> reply);

    void attach_role_policy(std::string role, std::string policy_arn, Reply<> reply);
    void detach_role_policy(std::string role, std::string policy_arn, Reply<> reply);

    void tag_role(std::string role, std::vector<Tag> tags, Reply<> reply);
    void untag_role(std::string role, std::vector<std::string> keys, Reply<> reply);

    void create_policy(ManagedPolicy policy, Reply<ManagedPolicyView> reply);
    void get_policy(std::string arn, Reply<ManagedPolicyView> reply) const;
    void delete_policy(std::string arn, Reply<> reply);
    void list_policies(PolicyFilter filter, Page page,
                       Reply<Listing<ManagedPolicyView>> reply) const;

    /// "arn:aws:iam::<account>:role/path/name" and "…:policy/path/name".
    std::string arn_of(const Role& role) const;
    std::string arn_of(const ManagedPolicy& policy) const;

 private:
    Roles(Storage& storage, const Identity& identity, const Clock& clock);
    Result<> recover();

    // The helpers that follow are called with mutex_ held.
    Result<const Role*> find_role(std::string_view name) const;
    Result<const ManagedPolicy*> find_policy(std::string_view arn) const;
    std::size_t attachments_of(std::string_view policy_arn) const;
    ManagedPolicyView view_of(const ManagedPolicy& policy) const;

    template <class T, class Body>
    void change(Reply<T> reply, Body body);
    template <class T, class Body>
    void read(Reply<T> reply, Body body) const;
    /// Changes one role: finds it, lets `body` check and change a copy, and stores that.
    template <class T, class Body>
    void change_role(const std::string& name, Reply<T> reply, Body body);

    /// Compares without regard to ASCII case.
    struct ByName {
        using is_transparent = void;
        bool operator()(std::string_view a, std::string_view b) const noexcept;
    };

    // Immutable.
    Storage& storage_;
    const Identity& identity_;
    const Clock& clock_;

    // Invariants
    //  (1) What is here is what all commits so far have stored; a commit is made while mutex_ is
    //  held, so commits have
    //      the order of the changes.
    //  (2) last_commit_ is the last commit with a change: an answer that tells of this state waits
    //  for it.
    mutable std::mutex mutex_;
    mutable JournalSequence last_commit_{};
    std::map<std::string, Role, ByName> roles_;
    std::map<std::string, ManagedPolicy, ByName> policies_;
};

}  // namespace stepwell::access
