#include "telemetry/alert_courier.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <list>
#include <new>
#include <stdexcept>
#include <utility>

namespace symphony::detail {

namespace {

constexpr std::size_t longest_answer = std::size_t{64} << 10;  // of a webhook; nobody reads it

struct free_handle {
    void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct free_list {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
struct free_multi {
    void operator()(CURLM* multi) const noexcept { curl_multi_cleanup(multi); }
};

long milliseconds_of(duration span) noexcept {
    return static_cast<long>(std::max<std::int64_t>(to_ms_ceil(span), 1));
}

std::string whole_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void start_library() {
    // Safe from several threads, and counted, since libcurl 7.84.
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (started != CURLE_OK) throw std::runtime_error("libcurl does not start");
}

}  // namespace

/// A call into the library, from when it began.
class alert_courier::visit {
public:
    explicit visit(const clock& time) noexcept : time_(time), began_(time.now()) {}
    void begin() noexcept { began_ = time_.now(); }
    [[nodiscard]] bool lasts_too_long() const noexcept {
        return time_.now() >= later(began_, std::chrono::milliseconds(300));
    }

private:
    const clock& time_;
    instant began_;
};

/// One parcel on its way: the handle, and what the library only points to.
class alert_courier::trip {
public:
    trip(alert_parcel what, const conditions& under, const visit& present)
        : parcel(std::move(what)),
          present_(present),
          authorities_(under.authorities),
          handle_(curl_easy_init()) {
        if (!handle_) throw std::bad_alloc();
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_TIMEOUT_MS, milliseconds_of(under.timeout));
        set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds_of(under.timeout));
        set(CURLOPT_QUICK_EXIT, 1L);  // a resolver that hangs holds up nobody
        set(CURLOPT_PROXY, "");       // the environment is not asked
        set(CURLOPT_FOLLOWLOCATION, 0L);
        set(CURLOPT_WRITEFUNCTION, &trip::take_answer);
        set(CURLOPT_WRITEDATA, this);
        set(CURLOPT_PRIVATE, this);
        if (authorities_) {
            curl_blob blob{const_cast<char*>(authorities_->data()), authorities_->size(),
                           CURL_BLOB_NOCOPY};
            set(CURLOPT_CAINFO_BLOB, &blob);
        }
        if (parcel.channel == alert_channel::email) {
            address_mail();
        } else {
            address_post();
        }
    }

    [[nodiscard]] CURL* handle() const noexcept { return handle_.get(); }

    [[nodiscard]] std::string failure(CURLcode ended) const {
        long answer = 0;
        curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &answer);
        const bool cut = ended == CURLE_WRITE_ERROR;  // a longer answer than anybody needs
        const bool posted = parcel.channel != alert_channel::email;
        if (ended != CURLE_OK && !(posted && cut)) {
            const char* const why = curl_easy_strerror(ended);
            return answer >= 400 ? fmt::format("{} (answer {})", why, answer) : why;
        }
        if (posted && (answer < 200 || answer > 299)) return fmt::format("answer {}", answer);
        return {};
    }

    alert_parcel parcel;

private:
    template <class Value>
    void set(CURLoption option, Value value) {
        if (curl_easy_setopt(handle(), option, value) == CURLE_OUT_OF_MEMORY) {
            throw std::bad_alloc();
        }
    }
    void append(const char* line) {
        curl_slist* const longer = curl_slist_append(list_.get(), line);
        if (longer == nullptr) throw std::bad_alloc();
        if (!list_) list_.reset(longer);  // else it is the same, with one more at its end
    }

    void address_post() {
        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_URL, std::string(parcel.url.reveal()).c_str());
        set(CURLOPT_USERAGENT, "symphony");
        append("content-type: application/json");
        for (const alert_header& field : parcel.headers)
            append(fmt::format("{}: {}", field.name, field.value.reveal()).c_str());
        set(CURLOPT_HTTPHEADER, list_.get());
        set(CURLOPT_POSTFIELDSIZE, static_cast<long>(parcel.content.size()));
        set(CURLOPT_POSTFIELDS, parcel.content.c_str());
    }

    void address_mail() {
        const smtp_options& smtp = *parcel.smtp;
        const bool tls = smtp.security == smtp_security::tls;
        const bool literal = smtp.host.find(':') != std::string::npos;
        set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
        set(CURLOPT_URL, fmt::format("{}://{}{}{}:{}", tls ? "smtps" : "smtp", literal ? "[" : "",
                                     smtp.host, literal ? "]" : "", smtp.port_in_use())
                             .c_str());
        set(CURLOPT_USE_SSL,
            static_cast<long>(smtp.security == smtp_security::none ? CURLUSESSL_NONE
                                                                   : CURLUSESSL_ALL));
        if (!smtp.username.empty()) {
            set(CURLOPT_USERNAME, smtp.username.c_str());
            set(CURLOPT_PASSWORD, std::string(smtp.password.reveal()).c_str());
        }
        set(CURLOPT_MAIL_FROM, fmt::format("<{}>", smtp.from).c_str());
        append(fmt::format("<{}>", parcel.recipient).c_str());
        set(CURLOPT_MAIL_RCPT, list_.get());
        // The library waits for the answer to QUIT inside a call, and some servers never give one:
        // the connection is not kept for later, and a call that lasts is cut short.
        set(CURLOPT_FORBID_REUSE, 1L);
        set(CURLOPT_NOPROGRESS, 0L);
        set(CURLOPT_XFERINFOFUNCTION, &trip::lasts_too_long);
        set(CURLOPT_XFERINFODATA, this);
        set(CURLOPT_UPLOAD, 1L);
        set(CURLOPT_READFUNCTION, &trip::give_content);
        set(CURLOPT_READDATA, this);
        set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(parcel.content.size()));
    }

    static int lasts_too_long(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
        return static_cast<trip*>(self)->present_.lasts_too_long() ? 1 : 0;
    }
    static std::size_t take_answer(const char*, std::size_t, std::size_t size,
                                   void* self) noexcept {
        auto& mine = *static_cast<trip*>(self);
        mine.answered_ += size;
        return mine.answered_ > longest_answer ? 0 : size;
    }
    static std::size_t give_content(char* to, std::size_t size, std::size_t count,
                                    void* self) noexcept {
        auto& mine = *static_cast<trip*>(self);
        const std::size_t given = std::min(size * count, mine.parcel.content.size() - mine.given_);
        std::copy_n(mine.parcel.content.data() + mine.given_, given, to);
        mine.given_ += given;
        return given;
    }

    const visit& present_;
    const std::shared_ptr<const std::string> authorities_;
    std::unique_ptr<curl_slist, free_list> list_;
    std::unique_ptr<CURL, free_handle> handle_;
    std::size_t answered_ = 0;
    std::size_t given_ = 0;
};

class alert_courier::impl {
public:
    explicit impl(const clock& time) : present_(time) {
        start_library();
        multi_.reset(curl_multi_init());
        if (!multi_) throw std::bad_alloc();
    }
    ~impl() {
        present_.begin();
        for (const trip& one : trips_)
            curl_multi_remove_handle(multi_.get(), one.handle());
    }
    impl(const impl&) = delete;
    impl& operator=(const impl&) = delete;

    void start(alert_parcel parcel, const conditions& under) {
        present_.begin();
        trips_.emplace_back(std::move(parcel), under, present_);
        if (curl_multi_add_handle(multi_.get(), trips_.back().handle()) != CURLM_OK) {
            trips_.pop_back();
            throw std::bad_alloc();
        }
    }
    [[nodiscard]] std::size_t under_way() const noexcept { return trips_.size(); }

    std::vector<done> step(duration longest) {
        perform();
        std::vector<done> all = ended();
        if (!all.empty()) return all;
        const auto wait = std::clamp<std::int64_t>(to_ms_ceil(longest), 0, 60'000);
        curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(wait), nullptr);
        perform();
        return ended();
    }
    void wake() noexcept { curl_multi_wakeup(multi_.get()); }

private:
    void perform() {
        present_.begin();
        int running = 0;
        curl_multi_perform(multi_.get(), &running);
    }
    std::vector<done> ended() {
        std::vector<done> all;
        int left = 0;
        while (const CURLMsg* const message = curl_multi_info_read(multi_.get(), &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            CURL* const handle = message->easy_handle;
            const CURLcode code = message->data.result;
            const auto mine = std::ranges::find(trips_, handle, &trip::handle);
            std::string failure = mine->failure(code);
            curl_multi_remove_handle(multi_.get(), handle);
            all.push_back({std::move(mine->parcel), std::move(failure)});
            trips_.erase(mine);
        }
        return all;
    }

    visit present_;
    std::unique_ptr<CURLM, free_multi> multi_;
    std::list<trip> trips_;
};

alert_courier::alert_courier(const clock& time) : impl_(std::make_unique<impl>(time)) {}
alert_courier::~alert_courier() = default;

void alert_courier::start(alert_parcel parcel, const conditions& under) {
    impl_->start(std::move(parcel), under);
}

std::size_t alert_courier::under_way() const noexcept {
    return impl_->under_way();
}

std::vector<alert_courier::done> alert_courier::step(duration longest) {
    return impl_->step(longest);
}

void alert_courier::wake() noexcept {
    impl_->wake();
}

std::shared_ptr<const std::string> authorities_with(const std::string& file) {
    std::string own = whole_file(file);
    if (own.find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
        throw std::invalid_argument(fmt::format("'{}' holds no certificates in PEM form", file));
    }
    const curl_version_info_data* const built = curl_version_info(CURLVERSION_NOW);
    std::string all = built->cainfo != nullptr ? whole_file(built->cainfo) : std::string();
    all += '\n';
    all += own;
    return std::make_shared<const std::string>(std::move(all));
}

}  // namespace symphony::detail
