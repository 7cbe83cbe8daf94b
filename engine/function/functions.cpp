#include "function/functions.hpp"

#include <algorithm>
#include <utility>

#include "base/errors.hpp"
#include "base/random.hpp"
#include "base/try.hpp"
#include "function/configuration_check.hpp"
#include "function/errors.hpp"
#include "function/package.hpp"

namespace stepwell::function {

namespace {

constexpr std::string_view function_prefix = "function/";

std::string function_key(std::string_view name) {
    return std::string(function_prefix) + std::string(name);
}

Result<> check_revision(const StoredFunction& function, const std::string& revision_id) {
    if (revision_id.empty() || revision_id == function.configuration.revision_id) return {};
    return Error(errors::precondition_failed,
                 "The RevisionId provided does not match the latest RevisionId. Call the "
                 "GetFunction/GetAlias API to retrieve the "
                 "latest RevisionId for your resource.");
}

Result<> check_zip(const std::string& zip) {
    if (zip.empty())
        return Error(errors::invalid_parameter_value, "Uploaded file must be a non-empty zip");
    if (zip.size() > PackageLimits{}.zip_bytes_max) {
        return Error(
            errors::request_too_large,
            "Request must be smaller than 70167211 bytes for the CreateFunction operation");
    }
    return {};
}

ProcessHost::Options host_options(const Functions::Options& options, std::string log_directory) {
    ProcessHost::Options host;
    host.settings.node_executable = options.node_executable;
    host.settings.python_executable = options.python_executable;
    host.settings.region = options.identity.region;
    host.settings.account = options.identity.account;
    host.log_directory = std::move(log_directory);
    host.sandboxes_per_function_max = options.sandboxes_per_function_max;
    host.sandboxes_max = options.sandboxes_max;
    return host;
}

}  // namespace

Functions::Functions(Options options, Clock& clock, Storage& storage, sched::Timers& timers)
    : options_(std::move(options)),
      clock_(clock),
      storage_(storage),
      timers_(timers),
      code_store_(options_.data_directory.empty() ? "" : options_.data_directory + "/functions",
                  options_.sdk_directory, *worker_),
      host_(
          [this] {
              ProcessHost::Options host = host_options(options_, log_directory());
              host.settings.sdk_directory = code_store_.sdk_directory();
              return host;
          }(),
          clock, timers),
      event_invocations_(
          clock, storage, timers,
          [this](const EventInvocation& invocation, EventInvocations::AttemptEnded ended) {
              InvokeInput input;
              input.function.name = invocation.function_name;
              input.payload = invocation.payload;
              input.client_context = invocation.client_context;
              input.trace_id = invocation.trace_id;
              input.request_id = invocation.request_id;
              run(std::move(input),
                  [ended = std::move(ended)](Result<InvokeOutput> output) mutable {
                      ended(output.has_value() ? output->function_error.empty()
                                               : output.error().is(errors::resource_not_found));
                  });
          }) {}

Functions::~Functions() {
    event_invocations_.stop();
    host_.stop();
    worker_->stop();
}

std::string Functions::log_directory() {
    if (!options_.log_directory.empty()) return options_.log_directory;
    if (!options_.data_directory.empty()) return options_.data_directory + "/logs";
    return code_store_.root_path() + "/logs";
}

std::string Functions::arn_of(std::string_view function_name) const {
    return options_.identity.arn("lambda", "function:" + std::string(function_name));
}

Result<> Functions::recover() {
    Result<> outcome;
    storage_.scan(Table::control, {.prefix = function_prefix},
                  [&](std::string_view key, std::string_view value) {
                      auto stored = decode_function(value);
                      if (!stored.has_value()) {
                          outcome = Error(stepwell::errors::system_failure,
                                          std::string(key) + ": " + stored.error().message());
                          return false;
                      }
                      std::string name = stored->configuration.name;
                      functions_[std::move(name)] = std::make_shared<const Function>(
                          Function{std::move(*stored), next_revision_++});
                      return true;
                  });
    if (outcome.has_value()) event_invocations_.recover();
    return outcome;
}

void Functions::start_running() { event_invocations_.start_running(); }

void Functions::set_endpoint(std::string url) { host_.set_endpoint(std::move(url)); }

// ---- Finding
// --------------------------------------------------------------------------------------------------------

Error Functions::not_found(const FunctionName& name) const {
    std::string message = "Function not found: " + arn_of(name.name);
    if (!name.qualifier.empty()) message += ":" + name.qualifier;
    return Error(errors::resource_not_found, std::move(message));
}

Result<> Functions::check_place(const FunctionName& name) const {
    if (!name.region.empty() && name.region != options_.identity.region) {
        return Error(errors::resource_not_found, "Functions from '" + name.region +
                                                     "' are not reachable in this region ('" +
                                                     options_.identity.region + "')");
    }
    if (!name.account.empty() && name.account != options_.identity.account) return not_found(name);
    if (!name.qualifier.empty() && name.qualifier != "$LATEST")
        return not_found(name);  // no versions and aliases yet
    return {};
}

Result<Functions::FunctionPtr> Functions::get(const FunctionName& name) const {
    if (auto checked = check_place(name); !checked.has_value()) return checked.error();
    const std::lock_guard lock(mutex_);
    const auto found = functions_.find(name.name);
    if (found == functions_.end()) return not_found(name);
    return found->second;
}

void Functions::set(const std::string& name, FunctionPtr function) {
    const std::lock_guard lock(mutex_);
    if (function) {
        functions_[name] = std::move(function);
    } else {
        functions_.erase(name);
    }
}

Result<StoredFunction> Functions::find(const FunctionName& name) const {
    SW_TRY(const FunctionPtr function, get(name));
    return function->stored;
}

ListFunctionsOutput Functions::list(std::string_view marker, std::uint32_t items_max) const {
    ListFunctionsOutput output;
    const std::lock_guard lock(mutex_);
    auto at = marker.empty() ? functions_.begin() : functions_.upper_bound(marker);
    for (; at != functions_.end(); ++at) {
        if (output.functions.size() == items_max) {
            output.next_marker = output.functions.back().name;
            break;
        }
        output.functions.push_back(at->second->stored.configuration);
    }
    return output;
}

bool Functions::exists(std::string_view name_or_arn) const {
    const auto name = parse_function_name(name_or_arn);
    if (!name.has_value() || !check_place(*name).has_value()) return false;
    const std::lock_guard lock(mutex_);
    return natives_.contains(name->name) || functions_.contains(name->name);
}

void Functions::code(FunctionName name, Completion<std::string> done) {
    const auto function = get(name);
    if (!function.has_value()) return done(function.error());
    // Reads see the store, which follows the journal: what the caller was told of is durable.
    storage_.when_applied(storage_.durable(),
                          [&storage = storage_, key = function_key(name.name),
                           missing = not_found(name), done = std::move(done)]() mutable {
                              auto zip = storage.get(Table::blob, key);
                              if (!zip) return done(std::move(missing));
                              done(std::move(*zip));
                          });
}

void Functions::log(std::string function_name, std::uint64_t bytes_max,
                    Completion<std::string> done) {
    worker_->post(
        [this, name = std::move(function_name), bytes_max, done = std::move(done)]() mutable {
            done(read_log(log_directory(), name, bytes_max));
        });
}

// ---- Changing
// -------------------------------------------------------------------------------------------------------

// Makes the change durable and visible; `acknowledge` runs when it is durable.
void Functions::commit(const std::string& name, FunctionPtr function, const std::string* zip,
                       UniqueFunction<void()> acknowledge) {
    Effects effects;
    if (function) {
        effects.put(Table::control, function_key(name), encode(function->stored));
        if (zip != nullptr) effects.put(Table::blob, function_key(name), *zip);
    } else {
        effects.erase(Table::control, function_key(name));
        effects.erase(Table::blob, function_key(name));
    }
    effects.when_durable(std::move(acknowledge));
    if (function && function->program) host_.replace(function->program);
    set(name, std::move(function));
    storage_.commit(std::move(effects));
}

Result<ProgramPtr> Functions::program_of(const Function& function, CodePtr code) {
    SW_TRY(std::string root, code_store_.root());
    auto program = std::make_shared<Program>();
    program->configuration = function.stored.configuration;
    program->code = std::move(code);
    program->root = std::move(root);
    program->revision = function.revision;
    if (function.stored.reserved_concurrency) {
        program->sandboxes_max = static_cast<std::uint32_t>(*function.stored.reserved_concurrency);
    }
    return ProgramPtr(std::move(program));
}

// A function in its next revision. `code` is nullptr when it has not been unpacked.
Result<Functions::FunctionPtr> Functions::changed(StoredFunction stored, CodePtr code) {
    stored.configuration.revision_id = make_uuid();
    stored.configuration.last_modified = clock_.now();
    Function next{std::move(stored), next_revision_++};
    if (code) {
        SW_TRY(next.program, program_of(next, std::move(code)));
    }
    return FunctionPtr(std::make_shared<const Function>(std::move(next)));
}

void Functions::create(CreateFunctionInput input, Completion<FunctionConfiguration> done) {
    worker_->post([this, input = std::move(input), done = std::move(done)]() mutable {
        do_create(std::move(input), std::move(done));
    });
}

void Functions::do_create(CreateFunctionInput input, Completion<FunctionConfiguration> done) {
    FunctionConfiguration& configuration = input.configuration;
    if (auto checked = check(configuration); !checked.has_value()) return done(checked.error());
    if (auto checked = check_zip(input.zip); !checked.has_value()) return done(checked.error());
    if (get({configuration.name}).has_value()) {
        return done(
            Error(errors::resource_conflict, "Function already exist: " + configuration.name));
    }
    auto code = code_store_.unpack(input.zip);
    if (!code.has_value()) return done(code.error());
    configuration.arn = arn_of(configuration.name);
    configuration.code_bytes = input.zip.size();
    configuration.code_sha256 = code_sha256(input.zip);
    auto function = changed(StoredFunction{configuration, std::move(input.tags)}, std::move(*code));
    if (!function.has_value()) return done(function.error());
    const std::string name = configuration.name;
    commit(name, *function, &input.zip, [function = *function, done = std::move(done)]() mutable {
        done(function->stored.configuration);
    });
}

void Functions::update_code(UpdateFunctionCodeInput input, Completion<FunctionConfiguration> done) {
    worker_->post([this, input = std::move(input), done = std::move(done)]() mutable {
        do_update_code(std::move(input), std::move(done));
    });
}

void Functions::do_update_code(UpdateFunctionCodeInput input,
                               Completion<FunctionConfiguration> done) {
    const auto old = get(input.function);
    if (!old.has_value()) return done(old.error());
    if (auto checked = check_revision((*old)->stored, input.revision_id); !checked.has_value())
        return done(checked.error());
    if (auto checked = check_zip(input.zip); !checked.has_value()) return done(checked.error());
    StoredFunction stored = (*old)->stored;
    if (!input.architectures.empty())
        stored.configuration.architectures = std::move(input.architectures);
    if (auto checked = check(stored.configuration); !checked.has_value())
        return done(checked.error());
    auto code = code_store_.unpack(input.zip);
    if (!code.has_value()) return done(code.error());
    stored.configuration.code_bytes = input.zip.size();
    stored.configuration.code_sha256 = code_sha256(input.zip);
    if (input.is_dry_run) return done(stored.configuration);
    auto function = changed(std::move(stored), std::move(*code));
    if (!function.has_value()) return done(function.error());
    commit(input.function.name, *function, &input.zip,
           [function = *function, done = std::move(done)]() mutable {
               done(function->stored.configuration);
           });
}

void Functions::update_configuration(UpdateFunctionConfigurationInput input,
                                     Completion<FunctionConfiguration> done) {
    worker_->post([this, input = std::move(input), done = std::move(done)]() mutable {
        do_update_configuration(std::move(input), std::move(done));
    });
}

namespace {

void apply(UpdateFunctionConfigurationInput& input, FunctionConfiguration& configuration) {
    const auto replace = [](auto& field, auto& given) {
        if (given.has_value()) field = std::move(*given);
    };
    replace(configuration.role, input.role);
    replace(configuration.runtime, input.runtime);
    replace(configuration.handler, input.handler);
    replace(configuration.description, input.description);
    replace(configuration.timeout_seconds, input.timeout_seconds);
    replace(configuration.memory_mb, input.memory_mb);
    replace(configuration.ephemeral_storage_mb, input.ephemeral_storage_mb);
    replace(configuration.tracing_mode, input.tracing_mode);
    replace(configuration.kms_key_arn, input.kms_key_arn);
    replace(configuration.dead_letter_target_arn, input.dead_letter_target_arn);
    replace(configuration.vpc_config, input.vpc_config);
    if (input.environment.has_value()) configuration.environment = std::move(input.environment);
}

}  // namespace

void Functions::do_update_configuration(UpdateFunctionConfigurationInput input,
                                        Completion<FunctionConfiguration> done) {
    const auto old = get(input.function);
    if (!old.has_value()) return done(old.error());
    if (auto checked = check_revision((*old)->stored, input.revision_id); !checked.has_value())
        return done(checked.error());
    StoredFunction stored = (*old)->stored;
    const std::string name = input.function.name;
    apply(input, stored.configuration);
    if (auto checked = check(stored.configuration); !checked.has_value())
        return done(checked.error());
    auto function = changed(std::move(stored), (*old)->program ? (*old)->program->code : nullptr);
    if (!function.has_value()) return done(function.error());
    commit(name, *function, nullptr, [function = *function, done = std::move(done)]() mutable {
        done(function->stored.configuration);
    });
}

void Functions::remove(FunctionName name, Completion<> done) {
    worker_->post([this, name = std::move(name), done = std::move(done)]() mutable {
        if (name.qualifier == "$LATEST") {
            return done(Error(errors::invalid_parameter_value,
                              "$LATEST version cannot be deleted without deleting the function."));
        }
        const auto old = get(name);
        if (!old.has_value()) return done(old.error());
        commit(name.name, nullptr, nullptr, [done = std::move(done)]() mutable { done({}); });
        host_.remove(name.name);
    });
}

// Changes what is stored with a function but does not concern how it runs.
void Functions::change(FunctionName name, UniqueFunction<Result<>(StoredFunction&)> edit,
                       Completion<> done) {
    worker_->post(
        [this, name = std::move(name), edit = std::move(edit), done = std::move(done)]() mutable {
            const auto old = get(name);
            if (!old.has_value()) return done(old.error());
            Function next = **old;
            if (auto edited = edit(next.stored); !edited.has_value()) return done(edited.error());
            commit(name.name, std::make_shared<const Function>(std::move(next)), nullptr,
                   [done = std::move(done)]() mutable { done({}); });
        });
}

void Functions::tag(FunctionName name, std::map<std::string, std::string> added,
                    Completion<> done) {
    change(
        std::move(name),
        [added = std::move(added)](StoredFunction& function) -> Result<> {
            for (const auto& [key, value] : added) function.tags[key] = value;
            if (function.tags.size() > 50)
                return Error(errors::invalid_parameter_value,
                             "Too many tags: at most 50 are allowed.");
            return {};
        },
        std::move(done));
}

void Functions::untag(FunctionName name, std::vector<std::string> keys, Completion<> done) {
    change(
        std::move(name),
        [keys = std::move(keys)](StoredFunction& function) -> Result<> {
            for (const std::string& key : keys) function.tags.erase(key);
            return {};
        },
        std::move(done));
}

void Functions::put_concurrency(FunctionName name, std::optional<std::int64_t> reserved,
                                Completion<> done) {
    worker_->post([this, name = std::move(name), reserved, done = std::move(done)]() mutable {
        const auto old = get(name);
        if (!old.has_value()) return done(old.error());
        StoredFunction stored = (*old)->stored;
        stored.reserved_concurrency = reserved;
        auto function =
            changed(std::move(stored), (*old)->program ? (*old)->program->code : nullptr);
        if (!function.has_value()) return done(function.error());
        commit(name.name, *function, nullptr, [done = std::move(done)]() mutable { done({}); });
    });
}

}  // namespace stepwell::function
