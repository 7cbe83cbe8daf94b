#include "flow/state_machines.hpp"

#include <algorithm>
#include <charconv>

#include "base/assert.hpp"
#include "base/errors.hpp"
#include "base/random.hpp"
#include "base/try.hpp"
#include "flow/errors.hpp"
#include "flow/names.hpp"
#include "flow/page_token.hpp"
#include "flow/state_machine_records.hpp"

namespace stepwell::flow {

namespace {

constexpr std::string_view machines_listing = "ListStateMachines";
constexpr std::size_t state_machines_max =
    100'000;  // source  Developer Guide, "Quotas related to accounts"

Error machine_error(const ErrorKind& kind, std::string_view what, std::string_view arn) {
    return Error(kind, std::string(what) + ": '" + std::string(arn) + "'");
}
Error no_such_machine(std::string_view arn) {
    return machine_error(errors::state_machine_does_not_exist, "State Machine Does Not Exist", arn);
}
Error is_deleting(std::string_view arn) {
    return machine_error(errors::state_machine_deleting, "State Machine is being deleted", arn);
}

Result<> check_role_arn(std::string_view arn) {
    const std::size_t role = arn.find(":role/");
    if (arn.starts_with("arn:") && arn.find(":iam:") != std::string_view::npos &&
        role != std::string_view::npos && role + 6 < arn.size()) {
        return {};
    }
    return machine_error(errors::invalid_arn, "Invalid Role Arn", arn);
}

bool describes_the_same(const StateMachineRevision& a, const StateMachineRevision& b) {
    return a.definition == b.definition && a.role_arn == b.role_arn && a.logging == b.logging &&
           a.encryption == b.encryption && a.is_traced == b.is_traced;
}

}  // namespace

StateMachines::StateMachines(Identity identity, Clock& clock, Storage& storage,
                             const TaskPort& port)
    : identity_(std::move(identity)), clock_(clock), storage_(storage), port_(port) {}

StateMachines::~StateMachines() = default;

void StateMachines::store(Effects& effects, const Machine& machine) const {
    effects.put(Table::control, machine_key(machine.id), encode(machine));
}
void StateMachines::store(Effects& effects, const StateMachineRevision& revision) const {
    effects.put(Table::control, revision_key(revision.id, revision.revision), encode(revision));
}

Result<> StateMachines::recover() {
    const std::scoped_lock change(change_mutex_);
    const std::unique_lock lock(mutex_);
    std::optional<Error> failure;
    const auto damaged = [&](std::string_view key) {
        failure = Error(stepwell::errors::system_failure,
                        "the stored record '" + std::string(key) + "' cannot be read");
        return false;
    };
    storage_.scan(Table::control, {.prefix = machine_key_prefix}, [&](auto key, auto value) {
        std::optional<Machine> machine = decode_machine(value);
        if (!machine.has_value()) return damaged(key);
        auto shared = std::make_shared<Machine>(*std::move(machine));
        next_id_ = std::max(next_id_, shared->id + 1);
        by_arn_.emplace(shared->arn, shared);
        by_name_.emplace(shared->name, shared);
        by_id_.emplace(shared->id, std::move(shared));
        return true;
    });
    storage_.scan(Table::control, {.prefix = revision_key_prefix}, [&](auto key, auto value) {
        const std::optional<std::uint64_t> id = id_of_key(key, revision_key_prefix);
        if (!id.has_value()) return damaged(key);
        const auto machine = by_id_.find(*id);
        if (machine == by_id_.end()) return true;  // of a forgotten machine: read when asked for
        std::optional<StateMachineRevision> revision = decode_revision(value);
        if (!revision.has_value() || revision->revision != machine->second->revisions.size() + 1) {
            return damaged(key);
        }
        revision->program = asl::Program::compile(revision->definition).program;
        add_revision(*machine->second,
                     std::make_shared<const StateMachineRevision>(*std::move(revision)));
        return true;
    });
    for (const auto& [id, machine] : by_id_) {
        if (machine->revisions.empty()) damaged(machine_key(id));
    }
    if (const auto stored = storage_.get(Table::control, next_id_key); stored.has_value()) {
        std::uint64_t next_id = 0;
        std::from_chars(stored->data(), stored->data() + stored->size(), next_id);
        next_id_ = std::max(next_id_, next_id);
    }
    if (failure.has_value()) return *failure;
    return {};
}

void StateMachines::add_revision(Machine& machine, RevisionPtr revision) {
    SW_ASSERT(revision->revision == machine.revisions.size() + 1);  // invariant (4)
    machine.revisions.push_back(std::move(revision));
}

StateMachines::MachinePtr StateMachines::find_machine(std::string_view arn) const {
    const auto found = by_arn_.find(arn);
    return found == by_arn_.end() ? nullptr : found->second;
}

Result<StateMachines::MachinePtr> StateMachines::machine_to_change(std::string_view arn) const {
    SW_TRY(const StatesArn parsed, parse_arn(arn, ArnKind::state_machine));
    MachinePtr machine = find_machine(parsed.unqualified);
    if (machine == nullptr || !parsed.qualifier.empty()) return no_such_machine(arn);
    if (machine->status == StateMachineStatus::deleting) return is_deleting(arn);
    return machine;
}

Result<CreateStateMachineOutput> StateMachines::existing(
    const Machine& machine, const CreateStateMachineInput& input) const {
    if (machine.status == StateMachineStatus::deleting) return is_deleting(machine.arn);
    const StateMachineRevision& current = *machine.current();
    // The role and the tags are not compared: AWS ignores differences in them here.
    const bool is_same =
        current.definition == input.definition && machine.type == input.type &&
        current.logging == input.logging && current.encryption == input.encryption &&
        current.is_traced == input.is_traced && machine.was_created_published == input.publishes &&
        machine.created_version_description == input.version_description;
    if (!is_same) {
        return machine_error(errors::state_machine_already_exists, "State Machine Already Exists",
                             machine.arn);
    }
    CreateStateMachineOutput output{machine.arn, machine.created, {}};
    if (input.publishes) output.state_machine_version_arn = machine.version_arn(1);
    return output;
}

void StateMachines::create(CreateStateMachineInput input,
                           Completion<CreateStateMachineOutput> done) {
    auto is_named_well = check_name(input.name);
    if (!is_named_well) return done(is_named_well.error());
    auto has_role = check_role_arn(input.role_arn);
    if (!has_role) return done(has_role.error());
    auto program = compile(input.definition, input.type);
    if (!program) return done(program.error());

    change<CreateStateMachineOutput>(std::move(done), [&](Effects& effects) {
        return create_step(effects, std::move(input), *std::move(program));
    });
}

Result<CreateStateMachineOutput> StateMachines::create_step(
    Effects& effects, CreateStateMachineInput input, std::shared_ptr<const asl::Program> program) {
    if (const auto found = by_name_.find(input.name); found != by_name_.end()) {
        return existing(*found->second, input);
    }
    if (by_id_.size() >= state_machines_max) {
        return Error(errors::state_machine_limit_exceeded, "State machine limit exceeded");
    }
    auto machine = std::make_shared<Machine>();
    machine->id = next_id_;
    machine->arn = identity_.arn("states", "stateMachine:" + input.name);
    machine->name = input.name;
    machine->type = input.type;
    machine->created = clock_.now();
    machine->was_created_published = input.publishes;
    machine->created_version_description = input.version_description;
    SW_TRY(machine->tags, with_tags({}, input.tags, machine->arn));

    auto revision = std::make_shared<StateMachineRevision>();
    revision->id = machine->id;
    revision->revision = 1;
    revision->arn = machine->arn;
    revision->name = std::move(input.name);
    revision->role_arn = std::move(input.role_arn);
    revision->definition = std::move(input.definition);
    revision->type = input.type;
    revision->created = revision->updated = machine->created;
    revision->program = std::move(program);
    revision->logging = std::move(input.logging);
    revision->encryption = std::move(input.encryption);
    revision->is_traced = input.is_traced;
    store(effects, *revision);
    add_revision(*machine, std::move(revision));

    CreateStateMachineOutput output{machine->arn, machine->created, {}};
    if (input.publishes) {
        SW_TRY(const StateMachineVersion version,
               publish_current(*machine, std::move(input.version_description)));
        output.state_machine_version_arn = machine->version_arn(version.number);
    }
    store(effects, *machine);
    effects.put(Table::control, next_id_key, std::to_string(++next_id_));
    by_arn_.emplace(machine->arn, machine);
    by_name_.emplace(machine->name, machine);
    by_id_.emplace(machine->id, std::move(machine));
    return output;
}

void StateMachines::update(UpdateStateMachineInput input,
                           Completion<UpdateStateMachineOutput> done) {
    if (!input.definition && !input.role_arn && !input.logging && !input.is_traced &&
        !input.encryption) {
        return done(Error(errors::missing_required_parameter,
                          "Either the definition, the role ARN, the LoggingConfiguration, or the "
                          "TracingConfiguration must be specified"));
    }
    if (input.role_arn.has_value()) {
        auto has_role = check_role_arn(*input.role_arn);
        if (!has_role) return done(has_role.error());
    }
    std::shared_ptr<const asl::Program> program;
    if (input.definition.has_value()) {
        auto machine = describe(input.state_machine_arn);
        if (!machine) return done(machine.error());
        auto compiled = compile(*input.definition, machine->revision->type);
        if (!compiled) return done(compiled.error());
        program = *std::move(compiled);
    }
    change<UpdateStateMachineOutput>(std::move(done), [&](Effects& effects) {
        return update_step(effects, std::move(input), std::move(program));
    });
}

Result<UpdateStateMachineOutput> StateMachines::update_step(
    Effects& effects, UpdateStateMachineInput input, std::shared_ptr<const asl::Program> program) {
    SW_TRY(const MachinePtr machine, machine_to_change(input.state_machine_arn));
    const RevisionPtr current = machine->current();
    auto next = std::make_shared<StateMachineRevision>(*current);
    if (input.role_arn.has_value()) next->role_arn = *std::move(input.role_arn);
    if (input.definition.has_value()) {
        next->definition = *std::move(input.definition);
        next->program = std::move(program);
    }
    if (input.logging.has_value()) next->logging = *std::move(input.logging);
    if (input.encryption.has_value()) next->encryption = *std::move(input.encryption);
    if (input.is_traced.has_value()) next->is_traced = *input.is_traced;

    UpdateStateMachineOutput output{clock_.now(), current->revision_id, {}};
    if (!describes_the_same(*current, *next)) {
        next->revision = current->revision + 1;
        next->updated = output.update_date;
        next->revision_id = output.revision_id = make_uuid();
        store(effects, *next);
        add_revision(*machine, std::move(next));
    }
    if (input.publishes) {
        SW_TRY(const StateMachineVersion version,
               publish_current(*machine, std::move(input.version_description)));
        output.state_machine_version_arn = machine->version_arn(version.number);
        store(effects, *machine);
    }
    return output;
}

void StateMachines::start_deletion(std::string_view arn,
                                   Completion<std::optional<std::uint64_t>> done) {
    auto parsed = parse_arn(arn, ArnKind::state_machine);
    if (!parsed) return done(parsed.error());
    if (!parsed->qualifier.empty() || !parsed->label.empty()) {
        return done(Error(stepwell::errors::validation,
                          "State machine ARN must not be qualified: '" + std::string(arn) + "'"));
    }
    change<std::optional<std::uint64_t>>(std::move(done), [&](Effects& effects) {
        Result<std::optional<std::uint64_t>> id{std::nullopt};
        if (const MachinePtr machine = find_machine(arn); machine != nullptr) {
            id = machine->id;
            machine->status = StateMachineStatus::deleting;
            store(effects, *machine);
        }
        return id;
    });
}

void StateMachines::finish_deletion(std::uint64_t id) {
    change<void>([](Result<>) {},
                 [&](Effects& effects) -> Result<> {
                     if (const auto found = by_id_.find(id); found != by_id_.end()) {
                         const MachinePtr machine = found->second;
                         SW_ASSERT(machine->status == StateMachineStatus::deleting);
                         effects.erase(Table::control, machine_key(id));
                         forget(*machine);
                     }
                     return {};
                 });
}

void StateMachines::forget(const Machine& machine) {
    by_arn_.erase(machine.arn);
    by_name_.erase(machine.name);
    by_id_.erase(machine.id);
}

std::vector<std::uint64_t> StateMachines::deleting() const {
    std::vector<std::uint64_t> ids;
    const std::shared_lock lock(mutex_);
    for (const auto& [id, machine] : by_id_) {
        if (machine->status == StateMachineStatus::deleting) ids.push_back(id);
    }
    return ids;
}

Result<StateMachineDescription> StateMachines::describe(std::string_view arn) const {
    SW_TRY(const StatesArn parsed, parse_arn(arn, ArnKind::state_machine));
    const std::shared_lock lock(mutex_);
    const MachinePtr machine = find_machine(parsed.unqualified);
    if (machine == nullptr) return no_such_machine(arn);
    StateMachineDescription description{
        machine->current(), machine->status, std::string(arn), {}, machine->created};
    if (parsed.qualifier.empty()) return description;
    std::string_view version_arn = arn;
    if (const auto alias = machine->aliases.find(parsed.qualifier);
        alias != machine->aliases.end()) {
        version_arn = alias->second.routes.front().version_arn;
    }
    for (const auto& [number, version] : machine->versions) {
        if (machine->version_arn(number) != version_arn) continue;
        description.revision = machine->revisions[version.revision - 1];
        description.description = version.description;
        description.creation_date = version.created;
        return description;
    }
    return no_such_machine(arn);
}

Result<Page<ListedStateMachine>> StateMachines::list(const PageRequest& request) const {
    SW_TRY(const std::string after, read_page_token(machines_listing, request.next_token));
    Page<ListedStateMachine> page;
    const std::shared_lock lock(mutex_);
    for (auto at = by_name_.upper_bound(after); at != by_name_.end(); ++at) {
        if (page.items.size() == request.max_results) {
            page.next_token = make_page_token(machines_listing, page.items.back().name);
            break;
        }
        const Machine& machine = *at->second;
        page.items.push_back({machine.arn, machine.name, machine.type, machine.created});
    }
    return page;
}

RevisionPtr StateMachines::describe_revision(std::uint64_t id, std::uint32_t revision) const {
    {
        const std::shared_lock lock(mutex_);
        const auto machine = by_id_.find(id);
        if (machine != by_id_.end()) {
            const auto& revisions = machine->second->revisions;
            return revision >= 1 && revision <= revisions.size() ? revisions[revision - 1]
                                                                 : nullptr;
        }
    }
    const auto record = storage_.get(Table::control, revision_key(id, revision));
    if (!record.has_value()) return nullptr;
    std::optional<StateMachineRevision> stored = decode_revision(*record);
    if (!stored.has_value()) return nullptr;
    stored->program = asl::Program::compile(stored->definition).program;
    return std::make_shared<const StateMachineRevision>(*std::move(stored));
}

StateMachinePtr StateMachines::find_revision(std::uint64_t id, std::uint32_t revision) const {
    RevisionPtr found = describe_revision(id, revision);
    return found != nullptr && found->program != nullptr ? found : nullptr;
}

bool StateMachines::takes_executions(std::uint64_t id) const {
    const std::shared_lock lock(mutex_);
    const auto machine = by_id_.find(id);
    return machine != by_id_.end() && machine->second->status != StateMachineStatus::deleting;
}

void StateMachines::tag(std::string_view arn, const Tags& added, Completion<> done) {
    change<void>(std::move(done), [&](Effects& effects) -> Result<> {
        const MachinePtr machine = find_machine(arn);
        if (machine == nullptr) return errors::no_such_resource(arn);
        SW_TRY(machine->tags, with_tags(machine->tags, added, arn));
        store(effects, *machine);
        return {};
    });
}

void StateMachines::untag(std::string_view arn, const std::vector<std::string>& keys,
                          Completion<> done) {
    change<void>(std::move(done), [&](Effects& effects) -> Result<> {
        const MachinePtr machine = find_machine(arn);
        if (machine == nullptr) return errors::no_such_resource(arn);
        machine->tags = without_tags(std::move(machine->tags), keys);
        store(effects, *machine);
        return {};
    });
}

Result<Tags> StateMachines::tags(std::string_view arn) const {
    const std::shared_lock lock(mutex_);
    const MachinePtr machine = find_machine(arn);
    if (machine == nullptr) return errors::no_such_resource(arn);
    return machine->tags;
}

}  // namespace stepwell::flow
