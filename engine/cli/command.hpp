// The commands of the program: what each takes, and what it does. One file each; main.cpp reads the
// options.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <stepwell/journal.hpp>

#include "api/mock_check.hpp"

namespace stepwell::cli {

// Each command runs to its end and gives the program's exit code; it has printed what there is to
// say.

struct ServeOptions {
    std::string listen = "127.0.0.1:4566";
    std::string data = {};  ///< a directory; made when it is missing
    Durability durability = Durability::sync;
    std::uint32_t shards = 1;
    std::uint64_t resident_executions_max = 100'000;  ///< 0: any number
    std::size_t io_threads = 1;
    std::vector<std::string> allowed_hosts = {};
    std::vector<std::string> allowed_origins = {};
    bool has_virtual_clock = false;  ///< automatic at first
    std::string mock_config = {};    ///< a MockConfigFile.json; empty: none
};
int serve(const ServeOptions& options);

struct DemoOptions {
    std::string listen = "127.0.0.1:0";
    bool keeps = false;
};
int demo(const DemoOptions& options);

struct RunOptions {
    std::string file;
    std::string input = "{}";
    bool shows_history = false;
    std::string mock_config = {};  ///< a MockConfigFile.json; empty: tasks call their services
    std::string test_case = {};    ///< of it
};
int run(const RunOptions& options);

struct TestOptions {
    std::string path = ".";  ///< a directory, or one file
    std::string filter = {};
    std::size_t jobs = 1;
    api::FieldValidation validation = api::FieldValidation::present;
    std::string junit_file = {};     ///< empty: none is written
    std::string coverage_file = {};  ///< the same
    double coverage_min = 0;         ///< in percent
};
int test(const TestOptions& options);

struct ValidateOptions {
    std::string file;
    bool is_json = false;
};
int validate(const ValidateOptions& options);

enum class Shell : std::uint8_t { bash, fish, powershell };
enum class ClientSdk : std::uint8_t { cli, python, node, java, go };
struct EnvOptions {
    std::string endpoint = "http://127.0.0.1:4566";
    std::string region = "us-east-1";
    Shell shell = Shell::bash;
    ClientSdk sdk = ClientSdk::cli;  ///< some need a variable more
};
int env(const EnvOptions& options);

enum class ClockAction : std::uint8_t { show, advance, automatic, pause };
struct ClockOptions {
    std::string endpoint = "http://127.0.0.1:4566";
    ClockAction action = ClockAction::show;
    std::string duration = {};  ///< of advance
    bool is_json = false;
};
int clock(const ClockOptions& options);

struct LogsOptions {
    std::string function;
    std::string data;
    std::uint64_t bytes_max = 64 * 1024;
};
int logs(const LogsOptions& options);

struct DoctorOptions {
    std::string data;
    bool is_json = false;
};
int doctor(const DoctorOptions& options);

struct JsonataOptions {
    /// Absent: the line protocol. Each line of standard input is a request, `{"expr": ..., "data":
    /// ..., "bindings": {...}, "timelimit": milliseconds, "depth": n}`, of which only `expr` must
    /// be there; each is answered by one line: `{"result": ...}`, `{"undefined": true}` or
    /// `{"error": code, "message": ..., "position": bytes}`.
    std::string expression = {};
    bool has_expression = false;
    std::string file = {};  ///< JSON to evaluate it over; "-" is standard input, empty is none
    bool is_step_functions = false;  ///< with Step Functions' functions, and without $eval
};
int jsonata(const JsonataOptions& options);

}  // namespace stepwell::cli
