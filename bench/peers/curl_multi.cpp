// libcurl's multi interface on epoll: curl_multi_socket_action, easy handles used again.
#include "load.hpp"

#include <curl/curl.h>

#include <array>
#include <memory>
#include <sys/epoll.h>
#include <unistd.h>
#include <vector>

namespace {

struct transfer {
    CURL* easy = nullptr;
    std::string body;
};

struct loop {
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    CURLM* multi = curl_multi_init();
    long timeout_ms = -1;
};

std::size_t on_body(const char* data, std::size_t, std::size_t size, void* into) {
    static_cast<transfer*>(into)->body.append(data, size);
    return size;
}

int on_socket(CURL*, curl_socket_t socket, int what, void* owner, void* known) {
    const loop& self = *static_cast<loop*>(owner);
    epoll_event event{};
    event.data.fd = socket;
    if (what == CURL_POLL_REMOVE) return epoll_ctl(self.epoll, EPOLL_CTL_DEL, socket, &event), 0;
    event.events = (what & CURL_POLL_IN ? EPOLLIN : 0U) | (what & CURL_POLL_OUT ? EPOLLOUT : 0U);
    if (!known) curl_multi_assign(self.multi, socket, owner);
    return epoll_ctl(self.epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event), 0;
}

int on_timer(CURLM*, long timeout_ms, void* owner) {
    static_cast<loop*>(owner)->timeout_ms = timeout_ms;
    return 0;
}

// Counts what has ended, and begins the next request on the same handle. Returns how many ended
// for good.
unsigned harvest(loop& self, peers::load& work) {
    unsigned ended = 0;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(self.multi, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        if (message->data.result != CURLE_OK)
            peers::load::stop(curl_easy_strerror(message->data.result));
        CURL* easy = message->easy_handle;
        transfer* one = nullptr;
        long status = 0;
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &one);
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        work.done(status, one->body.size());
        one->body.clear();
        curl_multi_remove_handle(self.multi, easy);
        if (work.take()) {
            curl_multi_add_handle(self.multi, easy);
        } else {
            ++ended;
        }
    }
    return ended;
}

CURL* make_easy(transfer& one, const peers::load& work, const std::string& url,
                curl_slist* fields) {
    // In the clear 7.88 fails as soon as it uses a connection of HTTP/2 again.
    const bool http2 = work.how == "https2";
    CURL* easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                     http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1);
    if (http2) curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);  // for a stream of the one connection
    if (!work.ca.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, work.ca.c_str());
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, fields);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &one);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, &one);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 30'000L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    return easy;
}

}  // namespace

int main(int count, char** arguments) {
    peers::load work(count, arguments);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    loop self;
    curl_multi_setopt(self.multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(self.multi, CURLMOPT_SOCKETDATA, &self);
    curl_multi_setopt(self.multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(self.multi, CURLMOPT_TIMERDATA, &self);
    curl_multi_setopt(self.multi, CURLMOPT_MAXCONNECTS, static_cast<long>(work.connections));

    if (work.how == "https2") curl_multi_setopt(self.multi, CURLMOPT_MAX_HOST_CONNECTIONS, 1L);

    curl_slist* fields = nullptr;
    for (const std::string& field : {std::string("accept: ") + peers::accept_value,
                                     std::string("authorization: ") + peers::authorization,
                                     std::string("traceparent: ") + peers::traceparent})
        fields = curl_slist_append(fields, field.c_str());
    const std::string url = work.url + peers::target;
    std::vector<transfer> transfers(work.connections);
    unsigned running = 0;
    for (transfer& one : transfers) {
        one.easy = make_easy(one, work, url, fields);
        if (work.take() && ++running > 0) curl_multi_add_handle(self.multi, one.easy);
    }

    std::array<epoll_event, 64> events{};
    int active = 0;
    while (running > 0) {
        const int ready = epoll_wait(self.epoll, events.data(), static_cast<int>(events.size()),
                                     static_cast<int>(self.timeout_ms));
        if (ready == 0) curl_multi_socket_action(self.multi, CURL_SOCKET_TIMEOUT, 0, &active);
        for (int i = 0; i < ready; ++i) {
            const epoll_event& event = events[static_cast<std::size_t>(i)];
            const int what = (event.events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                             (event.events & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                             (event.events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
            curl_multi_socket_action(self.multi, event.data.fd, what, &active);
        }
        running -= harvest(self, work);
    }
    for (const transfer& one : transfers)
        curl_easy_cleanup(one.easy);
    curl_slist_free_all(fields);
    curl_multi_cleanup(self.multi);
    close(self.epoll);
    curl_global_cleanup();
}
