// All state machines: their revisions, versions, aliases and tags, kept in memory and in the store.
// source  AWS Step Functions API Reference, CreateStateMachine and its neighbours
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <stepwell/clock.hpp>
#include <stepwell/journal.hpp>
#include <stepwell/result.hpp>
#include <stepwell/unique_function.hpp>

#include "asl/program.hpp"
#include "base/identity.hpp"
#include "flow/executions.hpp"
#include "flow/ports.hpp"
#include "flow/state_machine.hpp"
#include "flow/tags.hpp"

namespace stepwell::flow {

enum class LogLevel : std::uint8_t { off, all, error, fatal };

struct LoggingConfiguration {
    LogLevel level = LogLevel::off;
    bool includes_execution_data = false;
    std::vector<std::string> log_group_arns;
    friend bool operator==(const LoggingConfiguration&, const LoggingConfiguration&) = default;
};

struct EncryptionConfiguration {
    std::string kms_key_id;  ///< empty: AWS_OWNED_KEY
    std::uint32_t data_key_reuse_period_seconds = 0;
    friend bool operator==(const EncryptionConfiguration&,
                           const EncryptionConfiguration&) = default;
};

/// One revision with what only describes it; executions need the base alone. Immutable and shared.
struct StateMachineRevision : StateMachine {
    LoggingConfiguration logging;
    EncryptionConfiguration encryption;
    bool is_traced = false;
};
using RevisionPtr = std::shared_ptr<const StateMachineRevision>;

enum class StateMachineStatus : std::uint8_t { active, deleting };

struct CreateStateMachineInput {
    std::string name;
    std::string definition;
    std::string role_arn;
    MachineType type = MachineType::standard;
    LoggingConfiguration logging;
    EncryptionConfiguration encryption;
    bool is_traced = false;
    Tags tags;
    bool publishes = false;
    std::string version_description;
};
struct CreateStateMachineOutput {
    std::string state_machine_arn;
    TimePoint creation_date;
    std::string state_machine_version_arn;  ///< empty unless one was published
};

/// What is absent stays as it is.
struct UpdateStateMachineInput {
    std::string state_machine_arn;
    std::optional<std::string> definition;
    std::optional<std::string> role_arn;
    std::optional<LoggingConfiguration> logging;
    std::optional<EncryptionConfiguration> encryption;
    std::optional<bool> is_traced;
    bool publishes = false;
    std::string version_description;
};
struct UpdateStateMachineOutput {
    TimePoint update_date;
    std::string revision_id;                ///< empty for the first revision
    std::string state_machine_version_arn;  ///< empty unless one was published
};

struct StateMachineDescription {
    RevisionPtr revision;
    StateMachineStatus status;
    std::string arn;          ///< as asked for: of the machine or of a version
    std::string description;  ///< of a version
    TimePoint creation_date;  ///< of the machine or of the version
};

struct ListedStateMachine {
    std::string arn;
    std::string name;
    MachineType type;
    TimePoint creation_date;
};
template <class Item>
struct Page {
    std::vector<Item> items;
    std::string next_token;  ///< empty on the last page
};
struct PageRequest {
    std::uint32_t max_results = 100;
    std::string next_token = {};
};

struct PublishVersionInput {
    std::string state_machine_arn;
    std::optional<std::string> revision_id;
    std::string description;
};
struct StateMachineVersion {
    std::uint32_t number = 0;
    std::uint32_t revision = 0;
    std::string description;
    TimePoint created{};
};
struct ListedVersion {
    std::string arn;
    TimePoint creation_date;
};

struct AliasRoute {
    std::string version_arn;
    std::uint32_t weight = 0;
    friend bool operator==(const AliasRoute&, const AliasRoute&) = default;
};
struct StateMachineAlias {
    std::string arn;
    std::string name;
    std::string description;
    std::vector<AliasRoute> routes;
    TimePoint created{};
    TimePoint updated{};
};
struct CreateAliasInput {
    std::string name;
    std::string description;
    std::vector<AliasRoute> routes;
};
struct UpdateAliasInput {
    std::string alias_arn;
    std::optional<std::string> description;
    std::optional<std::vector<AliasRoute>> routes;
};

/// Owns the state machines of a data directory.
///
/// Changes are seen at once and acknowledged (their completion runs) once they are durable; commits
/// are made in the order of the changes. Every operation has the errors that AWS's API Reference
/// names for it.
///
/// Deleting takes two steps, as on AWS: a machine that is *deleting* takes no more executions,
/// changes or namesakes; it is forgotten by `finish_deletion`, once whoever knows its executions
/// has seen them end. Its revisions stay in the store, so that what its executions did can still be
/// described. A machine that gets a forgotten one's name has a new id and shares nothing with it.
///
/// threads  any; nothing blocks but recover, and find_revision of a forgotten machine, which reads
/// the store
class StateMachines final : public StateMachineSource {
 public:
    /// `clock`, `storage` and `port` outlive this. `port` says which resources a Task may name; it
    /// may be called from any thread.
    StateMachines(Identity identity, Clock& clock, Storage& storage, const TaskPort& port);
    ~StateMachines() override;

    /// Reads all machines from the store and compiles their definitions again. Before any other
    /// call.
    Result<> recover();

    void create(CreateStateMachineInput input, Completion<CreateStateMachineOutput> done);
    void update(UpdateStateMachineInput input, Completion<UpdateStateMachineOutput> done);
    /// Marks as deleting. Gives the machine's id when it was there; no error when it was not.
    void start_deletion(std::string_view arn, Completion<std::optional<std::uint64_t>> done);
    void finish_deletion(std::uint64_t id);
    /// The machines whose deletion was started and not finished (before a crash).
    std::vector<std::uint64_t> deleting() const;

    /// What StartExecution runs: the newest revision of a machine, the one of a version, or one
    /// that an alias routes to.
    ///
    /// errors   InvalidArn, StateMachineDoesNotExist, StateMachineDeleting
    /// cost     a shared lock and one hash lookup when `arn` is a machine's
    Result<StateMachinePtr> find(std::string_view arn) const;
    /// The same, with what it was called by.
    struct Routed {
        StateMachinePtr machine;
        MachineQualifier qualifier;
    };
    Result<Routed> find_routed(std::string_view arn) const;

    Result<StateMachineDescription> describe(std::string_view arn) const;
    Result<Page<ListedStateMachine>> list(const PageRequest& request) const;

    StateMachinePtr find_revision(std::uint64_t id, std::uint32_t revision) const override;
    bool takes_executions(std::uint64_t id) const override;
    /// The same with all that describes it.
    RevisionPtr describe_revision(std::uint64_t id, std::uint32_t revision) const;

    /// Everything that is wrong with a definition, and behind it what is probably not meant;
    /// without errors an execution could run it.
    std::vector<asl::Diagnostic> diagnose(std::string_view definition, MachineType type) const;

    /// A machine that is kept nowhere, to run the first state of `definition` in
    /// Executions::test_state. With `is_mocked` it does not matter what a Task calls.
    ///
    /// errors   InvalidDefinition
    Result<StateMachinePtr> make_unstored(std::string_view definition, std::string_view role_arn,
                                          bool is_mocked) const;

    void publish_version(PublishVersionInput input, Completion<ListedVersion> done);
    void delete_version(std::string_view version_arn, Completion<> done);
    Result<Page<ListedVersion>> list_versions(std::string_view arn,
                                              const PageRequest& request) const;

    void create_alias(CreateAliasInput input, Completion<StateMachineAlias> done);
    void update_alias(UpdateAliasInput input, Completion<StateMachineAlias> done);
    void delete_alias(std::string_view alias_arn, Completion<> done);
    Result<StateMachineAlias> describe_alias(std::string_view alias_arn) const;
    Result<Page<StateMachineAlias>> list_aliases(std::string_view arn,
                                                 const PageRequest& request) const;

    void tag(std::string_view arn, const Tags& tags, Completion<> done);
    void untag(std::string_view arn, const std::vector<std::string>& keys, Completion<> done);
    Result<Tags> tags(std::string_view arn) const;

    /// One machine as it is kept; public for the record format (state_machine_records.cpp) only.
    struct Machine;

 private:
    using MachinePtr = std::shared_ptr<Machine>;
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept {
            return std::hash<std::string_view>{}(text);
        }
    };

    Result<std::shared_ptr<const asl::Program>> compile(std::string_view definition,
                                                        MachineType type) const;
    std::vector<asl::Diagnostic> diagnose_program(const asl::Program& program,
                                                  MachineType type) const;

    /// Runs one change under both locks and, unless it failed, commits its effects and answers when
    /// they are durable.
    template <class Output, class Step>
    void change(Completion<Output> done, Step step);

    // These want mutex_ held, the ones that give a Machine& or take Effects& exclusively.
    MachinePtr find_machine(std::string_view arn) const;
    Result<MachinePtr> machine_to_change(std::string_view arn) const;
    Result<CreateStateMachineOutput> existing(const Machine& machine,
                                              const CreateStateMachineInput& input) const;
    Result<CreateStateMachineOutput> create_step(Effects& effects, CreateStateMachineInput input,
                                                 std::shared_ptr<const asl::Program> program);
    Result<UpdateStateMachineOutput> update_step(Effects& effects, UpdateStateMachineInput input,
                                                 std::shared_ptr<const asl::Program> program);
    Result<StateMachineVersion> publish_current(Machine& machine, std::string description);
    Result<MachinePtr> machine_of_routes(const std::vector<AliasRoute>& routes) const;
    /// The number of the version that a version number or an alias name leads to, chosen by its
    /// weights.
    std::optional<std::uint32_t> route(const Machine& machine, std::string_view qualifier) const;
    void add_revision(Machine& machine, RevisionPtr revision);
    void forget(const Machine& machine);

    void store(Effects& effects, const Machine& machine) const;
    void store(Effects& effects, const StateMachineRevision& revision) const;

    // Invariants
    //  (1) change_mutex_ is held over a change and its commit, so commits are in the order of the
    //  changes. (2) mutex_ guards the tables and the machines in them; it is held for moments only
    //  and never over a commit.
    //      Who needs both takes change_mutex_ first.
    //  (3) by_arn_ and by_id_ hold the same machines, by_name_ too; a forgotten machine is in none
    //  of them. (4) A machine's revisions are 1, 2, ..., all in memory; each is in the store before
    //  it is acknowledged.
    const Identity identity_;
    Clock& clock_;
    Storage& storage_;
    const TaskPort& port_;

    std::mutex change_mutex_;
    std::uint64_t next_id_ = 1;  // by change_mutex_

    mutable std::shared_mutex mutex_;
    std::unordered_map<std::string, MachinePtr, TextHash, std::equal_to<>> by_arn_;
    std::unordered_map<std::uint64_t, MachinePtr> by_id_;
    std::map<std::string, MachinePtr, std::less<>> by_name_;
};

template <class Output, class Step>
void StateMachines::change(Completion<Output> done, Step step) {
    Effects effects;
    std::unique_lock change_lock(change_mutex_);
    Result<Output> output = [&] {
        const std::unique_lock lock(mutex_);
        return step(effects);
    }();
    if (!output.has_value()) {
        change_lock.unlock();  // who is answered may well call again
        return done(std::move(output));
    }
    effects.when_durable([done = std::move(done), output = std::move(output)]() mutable {
        done(std::move(output));
    });
    storage_.commit(std::move(effects));  // invariant (1)
}

/// The text of an InvalidDefinition error: every diagnostic that is an error, as AWS strings them
/// together.
std::string definition_complaint(const std::vector<asl::Diagnostic>& diagnostics);

}  // namespace stepwell::flow
