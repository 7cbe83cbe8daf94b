#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"
#include "cli/endpoint.hpp"
#include "cli/exit_code.hpp"
#include "cli/terminal.hpp"

namespace stepwell::cli {

namespace {

struct Variable {
    std::string name;
    std::string value;
};

std::string value_of(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

/// A list of hosts for which there is no proxy, without this one: a client that finds its endpoint
/// in it asks no proxy for the "sync-" host either.
std::string without_endpoint(std::string_view hosts, std::string_view endpoint) {
    std::string kept;
    while (!hosts.empty()) {
        const std::size_t size = std::min(hosts.find(','), hosts.size());
        const std::string_view host = hosts.substr(0, size);
        hosts.remove_prefix(std::min(size + 1, hosts.size()));
        if (host == endpoint || host == "*") continue;
        kept.append(kept.empty() ? "" : ",").append(host);
    }
    return kept;
}

std::vector<Variable> variables(const EnvOptions& options, const Endpoint& endpoint) {
    std::vector<Variable> all{
        {"AWS_ENDPOINT_URL", options.endpoint}, {"AWS_REGION", options.region},
        {"AWS_DEFAULT_REGION", options.region}, {"AWS_ACCESS_KEY_ID", "test"},
        {"AWS_SECRET_ACCESS_KEY", "test"},      {"AWS_EC2_METADATA_DISABLED", "true"}};
    // StartSyncExecution and TestState go to "sync-" and the endpoint's host, which no name server
    // knows: a client that takes us for its proxy need not ask one.
    all.push_back({"HTTP_PROXY", options.endpoint});
    for (const char* name : {"NO_PROXY", "no_proxy"}) {
        const std::string hosts = value_of(name);
        std::string kept = without_endpoint(hosts, endpoint.host);
        if (kept != hosts) all.push_back({name, std::move(kept)});
    }
    if (options.sdk == ClientSdk::java) {
        std::string java = value_of("JAVA_TOOL_OPTIONS");
        java.append(java.empty() ? "" : " ").append("-Dhttp.proxyHost=").append(endpoint.host);
        java.append(" -Dhttp.proxyPort=").append(endpoint.port);
        all.push_back({"JAVA_TOOL_OPTIONS", std::move(java)});
    }
    return all;
}

/// In single quotes, in which a quote is written as `quote`.
std::string quoted(std::string_view text, std::string_view quote) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'') {
            out += quote;
        } else {
            out += c;
        }
    }
    return out + "'";
}

std::string line(const Variable& variable, Shell shell) {
    switch (shell) {
        case Shell::bash:
            return "export " + variable.name + "=" + quoted(variable.value, R"('\'')");
        case Shell::fish:
            return "set -gx " + variable.name + " " + quoted(variable.value, R"(\')");
        case Shell::powershell:
            return "$Env:" + variable.name + " = " + quoted(variable.value, "''");
    }
    return {};
}

std::string_view how_to_use(Shell shell) {
    switch (shell) {
        case Shell::bash:
            return "# eval \"$(stepwell env)\"";
        case Shell::fish:
            return "# stepwell env --shell fish | source";
        case Shell::powershell:
            return "# stepwell env --shell powershell | Out-String | Invoke-Expression";
    }
    return {};
}

}  // namespace

int env(const EnvOptions& options) {
    const Endpoint endpoint = parse_endpoint(options.endpoint);
    if (endpoint.host.empty()) {
        say(Severity::error, "--endpoint has to be like http://127.0.0.1:4566");
        return exit_usage;
    }
    if (const std::string proxy = value_of("HTTP_PROXY");
        !proxy.empty() && proxy != options.endpoint) {
        say(Severity::warning, "HTTP_PROXY is " + proxy +
                                   " now; what is asked for over http:// no longer goes there.");
    }
    for (const Variable& variable : variables(options, endpoint))
        std::printf("%s\n", line(variable, options.shell).c_str());
    if (options.sdk == ClientSdk::node) {
        std::printf(
            "# Node.js knows no HTTP_PROXY: give SFNClient {disableHostPrefix: true}, for "
            "StartSyncExecution and TestState.\n");
    }
    std::printf("%s\n", std::string(how_to_use(options.shell)).c_str());
    return exit_ok;
}

}  // namespace stepwell::cli
