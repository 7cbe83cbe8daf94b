#include "nginx_process.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <fstream>

#include "soak_measures.hpp"

namespace stepwell::bench {

namespace {

constexpr const char* program = "/usr/sbin/nginx";

/// A listening socket on a free port, for nginx to inherit: connections wait in it until it runs.
int listen_on_free_port(std::uint16_t& port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    constexpr int backlog = 511;
    if (socket < 0 || ::bind(socket, generic, size) != 0 || ::listen(socket, backlog) != 0 ||
        ::getsockname(socket, generic, &size) != 0)
        give_up("cannot listen for nginx");
    port = ntohs(address.sin_port);
    return socket;
}

std::filesystem::path write_configuration(const std::filesystem::path& directory,
                                          std::uint16_t port) {
    const std::filesystem::path path = directory / "nginx.conf";
    std::ofstream file(path);
    file << "daemon off;\nworker_processes 1;\npid " << (directory / "nginx.pid").string()
         << ";\nerror_log " << (directory / "nginx.log").string()
         << " crit;\nevents { worker_connections 2048; }\n"
            "http {\n  access_log off;\n  keepalive_requests 1000000000;\n  tcp_nodelay on;\n"
            "  client_body_temp_path "
         << (directory / "body").string() << ";\n  server {\n    listen 127.0.0.1:" << port
         << ";\n    default_type application/x-amz-json-1.0;\n"
            "    location / { return 200 \"{}\"; }\n  }\n}\n";
    return path;
}

}  // namespace

bool NginxProcess::is_installed() { return ::access(program, X_OK) == 0; }

// With a master: nginx 1.22 crashes when a process without one inherits its socket.
NginxProcess::NginxProcess(const std::filesystem::path& directory) {
    const int socket = listen_on_free_port(port_);
    const std::string configuration = write_configuration(directory, port_);
    const std::string inherited = "NGINX=" + std::to_string(socket) + ";";
    const std::string prefix = directory.string() + "/";
    const std::array<const char*, 6> arguments{
        program, "-p", prefix.c_str(), "-c", configuration.c_str(), nullptr};
    const std::array<const char*, 2> environment{inherited.c_str(), nullptr};
    process_ = ::fork();
    if (process_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // the master ends its worker
        ::execve(program, const_cast<char**>(arguments.data()),
                 const_cast<char**>(environment.data()));
        ::_exit(127);
    }
    ::close(socket);
    if (process_ < 0) give_up("cannot start nginx");
}

NginxProcess::~NginxProcess() {
    ::kill(process_, SIGTERM);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

double NginxProcess::cpu_us() const {
    const std::string name = std::to_string(process_);
    std::ifstream children("/proc/" + name + "/task/" + name + "/children");
    double sum = cpu_us_of(process_);
    for (pid_t worker = 0; children >> worker;) sum += cpu_us_of(worker);
    return sum;
}

}  // namespace stepwell::bench
