#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/errors.hpp"
#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/terminal.hpp"
#include "flow/store_check.hpp"
#include "item/store_check.hpp"
#include "journal/storage.hpp"
#include "json/writer.hpp"
#include "object/store_check.hpp"
#include "queue/store_check.hpp"

namespace stepwell::cli {

namespace {

struct Findings {
    journal::RecoveryProgress log;
    flow::CheckedExecutions executions;
    queue::CheckedMessages messages;
    item::CheckedItems items;
    object::CheckedObjects objects;
    std::vector<std::string> problems;  // of files: with one of these, nothing else was checked

    std::uint64_t count() const {
        return problems.size() + executions.problem_count + messages.problem_count +
               items.problem_count + objects.problem_count;
    }
};

void print_text(const Findings& found) {
    const auto print = [](const std::vector<std::string>& problems, std::uint64_t count) {
        for (const std::string& problem : problems) std::printf("problem: %s\n", problem.c_str());
        if (count > problems.size())
            std::printf("problem: and %" PRIu64 " more\n", count - problems.size());
    };
    print(found.problems, found.problems.size());
    print(found.executions.problems, found.executions.problem_count);
    print(found.messages.problems, found.messages.problem_count);
    print(found.items.problems, found.items.problem_count);
    print(found.objects.problems, found.objects.problem_count);
    if (found.problems.empty()) {
        std::printf("log          %" PRIu64 " bytes, %" PRIu64
                    " commits since the last checkpoint\n",
                    found.log.bytes_total, found.log.commits);
        std::printf("executions   %" PRIu64 ", %" PRIu64 " of them running; %" PRIu64 " events\n",
                    found.executions.executions, found.executions.running, found.executions.events);
        std::printf("messages     %" PRIu64 ", %" PRIu64 " of them received\n",
                    found.messages.messages, found.messages.received);
        std::printf("items        %" PRIu64 " in %" PRIu64 " tables\n", found.items.items,
                    found.items.tables);
        std::printf("objects      %" PRIu64 "\n", found.objects.objects);
    }
    std::printf("%s\n",
                found.count() == 0 ? "everything is as it should be" : "this directory is damaged");
}

void print_json(const Findings& found) {
    json::Writer out;
    const auto number = [&](std::string_view name, std::uint64_t value) {
        out.member_integer(name, static_cast<std::int64_t>(value));
    };
    out.begin_object().member("result", found.count() == 0 ? "OK" : "DAMAGED");
    number("logBytes", found.log.bytes_total);
    number("commits", found.log.commits);
    number("executions", found.executions.executions);
    number("running", found.executions.running);
    number("events", found.executions.events);
    number("messages", found.messages.messages);
    number("received", found.messages.received);
    number("tables", found.items.tables);
    number("items", found.items.items);
    number("objects", found.objects.objects);
    number("problemCount", found.count());
    out.key("problems").begin_array();
    for (const auto* problems :
         {&found.problems, &found.executions.problems, &found.messages.problems,
          &found.items.problems, &found.objects.problems}) {
        for (const std::string& problem : *problems) out.string(problem);
    }
    out.end_array().end_object();
    std::printf("%s\n", out.take().c_str());
}

}  // namespace

int doctor(const DoctorOptions& options) {
    Findings found;
    const auto finish = [&] {
        options.is_json ? print_json(found) : print_text(found);
        return found.count() == 0 ? exit_ok : exit_failed;
    };
    if (!journal::is_data_directory(options.data)) {
        say(Severity::error, "no data directory: " + options.data);
        return exit_not_found;
    }
    journal::StorageOptions storage_options;
    storage_options.directory = options.data;
    storage_options.checkpoint_on_close = false;
    storage_options.on_progress = [&](const journal::RecoveryProgress& progress) {
        found.log = progress;
    };
    const auto storage = journal::open_storage(std::move(storage_options));
    if (!storage.has_value()) {
        if (storage.error().is(errors::in_use)) {
            say(Severity::error, storage.error().message());
            return exit_temporary;
        }
        found.problems.push_back(storage.error().message());
        return finish();
    }
    if (const Result<> verified = (*storage)->verify(); !verified.has_value()) {
        found.problems.push_back(verified.error().message());
        return finish();
    }
    found.executions = flow::check_executions(**storage);
    found.messages = queue::check_messages(**storage);
    found.items = item::check_items(**storage);
    found.objects = object::check_objects(
        **storage, (std::filesystem::path(options.data) / "objects").string());
    return finish();
}

}  // namespace stepwell::cli
