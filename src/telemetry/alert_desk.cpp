#include "symphony/telemetry/alert_desk.hpp"

#include "telemetry/alert_courier.hpp"
#include "telemetry/alert_outbox.hpp"
#include "telemetry/alert_pacer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <new>
#include <stdexcept>
#include <thread>
#include <utility>

namespace symphony {

using detail::alert_courier;
using detail::alert_parcel;
using detail::pack;

class alert_desk::impl : public std::enable_shared_from_this<impl> {
public:
    impl(const clock& time, event_sink events) : time_(time), events_(std::move(events)) {}

    /// One circuit's pacing and channels; all of it under the desk's mutex.
    class line final : public alert_line {
    public:
        line(std::weak_ptr<impl> desk, std::string tool, std::string endpoint,
             alert_options channels, std::shared_ptr<endpoint_metrics> counts)
            : tool_(std::move(tool)),
              endpoint_(std::move(endpoint)),
              desk_(std::move(desk)),
              channels_(std::move(channels)),
              metrics_(std::move(counts)) {}

        void tell(const alert_change& change) noexcept override {
            if (const auto desk = desk_.lock()) desk->take_in(*this, change);
        }
        void change(const alert_options& options) override {
            if (const auto problem = options.problem()) throw std::invalid_argument(*problem);
            if (const auto desk = desk_.lock()) {
                const std::lock_guard hold(desk->mutex_);
                channels_ = options;
                desk->rouse_locked();
            }
        }

        const std::string tool_;
        const std::string endpoint_;
        const std::weak_ptr<impl> desk_;
        std::weak_ptr<line> self_;
        alert_options channels_;
        const std::shared_ptr<endpoint_metrics> metrics_;
        detail::alert_pacer pacer_;
        bool listed_ = false;  // among those that have something to send
    };

    void configure(alerting_options options) {
        if (options.smtp) {
            if (const auto problem = options.smtp->problem()) throw std::invalid_argument(*problem);
        }
        for (const std::string* const text :
             {&options.templates.opened, &options.templates.recovered,
              &options.templates.summary}) {
            if (const auto problem = template_problem(*text)) throw std::invalid_argument(*problem);
        }
        auto authorities =
            options.ca_file.empty() ? nullptr : detail::authorities_with(options.ca_file);
        auto smtp = options.smtp ? std::make_shared<const smtp_options>(*options.smtp) : nullptr;
        const std::lock_guard hold(mutex_);
        options_ = std::move(options);
        authorities_ = std::move(authorities);
        smtp_ = std::move(smtp);
    }

    std::shared_ptr<alert_line> open_line(std::string tool, std::string endpoint,
                                          const alert_options& options,
                                          std::shared_ptr<endpoint_metrics> metrics, bool open) {
        if (const auto problem = options.problem()) throw std::invalid_argument(*problem);
        auto made = std::make_shared<line>(weak_from_this(), std::move(tool), std::move(endpoint),
                                           options, std::move(metrics));
        made->self_ = made;
        if (open) made->pacer_.begin_open(time_.now());
        const std::lock_guard hold(mutex_);
        if (!thread_.joinable() && !closing_) thread_ = std::thread([this] { run(); });
        return made;
    }

    std::vector<alert_delivery> test(const std::string& tool, const std::string& endpoint,
                                     const alert_options& channels) {
        alert_notice notice;
        notice.kind = alert_kind::test;
        notice.tool = tool;
        notice.endpoint = endpoint;
        notice.reason = "test";
        notice.at = notice.since = time_.wall_now();
        std::unique_lock hold(mutex_);
        const alerting_options how = options_;
        const auto smtp = smtp_;
        alert_courier courier(time_);
        const alert_courier::conditions under{how.timeout, authorities_};
        const std::string identity = next_identity_locked();
        hold.unlock();
        if (how.notify) how.notify(notice);
        for (alert_parcel& parcel : pack(notice, channels, how, smtp, identity, notice.at))
            courier.start(std::move(parcel), under);
        std::vector<alert_delivery> all;
        while (courier.under_way() > 0) {
            for (auto& one : courier.step(std::chrono::seconds(1)))
                all.push_back({to_string(one.parcel.channel), std::move(one.failure)});
        }
        std::ranges::sort(all, {}, &alert_delivery::channel);
        return all;
    }

    void close(duration limit) {
        {
            const std::lock_guard hold(mutex_);
            if (!closing_) ends_at_ = later(time_.now(), limit);
            closing_ = true;
            rouse_locked();
        }
        if (thread_.joinable()) thread_.join();
    }

private:
    // On the thread of the call that changed the circuit.
    void take_in(line& of, const alert_change& change) noexcept {
        try {
            bool held_back = false;
            alert_change timed = change;
            timed.wall = time_.wall_now();
            {
                const std::lock_guard hold(mutex_);
                if (closing_) return;
                held_back = of.pacer_.on_change(timed, of.channels_.min_interval);
                list_locked(of);
                rouse_locked();
            }
            if (held_back) say("alert.held_back", severity::debug, of, {});
        } catch (const std::bad_alloc&) {
            return;  // the next change finds memory, perhaps, and its summary tells of this one
        }
    }

    void list_locked(line& of) {
        if (of.listed_) return;
        waiting_.push_back(of.self_);
        of.listed_ = true;
    }

    void rouse_locked() noexcept {
        roused_ = true;
        something_.notify_one();
        if (courier_) courier_->wake();
    }

    std::string next_identity_locked() {
        return fmt::format("symphony.{:x}.{:x}", time_.wall_now().time_since_epoch().count(),
                           ++identities_);
    }

    // What is due becomes parcels; tells when the next will be.
    [[nodiscard]] instant collect_locked(instant now, std::vector<alert_notice>& notices) {
        instant next = instant::max();
        std::vector<std::weak_ptr<line>> still;
        for (std::weak_ptr<line>& listed : waiting_) {
            const auto of = listed.lock();
            if (!of) continue;
            const duration interval = of->channels_.min_interval;
            const bool room = outbox_.size() < most_waiting;
            auto notice = room ? of->pacer_.take(now, interval, closing_) : std::nullopt;
            if (notice) {
                notice->tool = of->tool_;
                notice->endpoint = of->endpoint_;
                for (alert_parcel& parcel : pack(*notice, of->channels_, options_, smtp_,
                                                 next_identity_locked(), time_.wall_now())) {
                    parcel.metrics = of->metrics_;
                    outbox_.add(std::move(parcel));
                }
                notices.push_back(std::move(*notice));
            }
            if (const auto due = of->pacer_.due(interval)) {
                if (room) next = std::min(next, *due);
                still.push_back(std::move(listed));
            } else {
                of->listed_ = false;
            }
        }
        waiting_ = std::move(still);
        return next;
    }

    void start_due_locked(instant now) {
        for (alert_parcel& parcel : outbox_.take_due(now, closing_)) {
            const detail::alert_outbox::way mine = detail::alert_outbox::way_of(parcel);
            try {
                courier_->start(std::move(parcel), {options_.timeout, authorities_});
            } catch (const std::bad_alloc&) {
                outbox_.lost(mine);
            }
        }
    }

    void finish(alert_courier::done one, std::unique_lock<std::mutex>& hold) {
        alert_parcel& parcel = one.parcel;
        const bool failed = !one.failure.empty();
        if (!outbox_.done(parcel, failed, time_.now(), options_.retry_delay)) return;
        if (parcel.metrics) {
            parcel.metrics->alerts[static_cast<std::size_t>(parcel.channel)][failed ? 1 : 0]
                .fetch_add(1, std::memory_order_relaxed);
        }
        hold.unlock();
        event said;
        said.name = failed ? "alert.failed" : "alert.sent";
        said.level = failed ? severity::error : severity::info;
        said.tool = parcel.tool;
        said.endpoint = parcel.endpoint;
        said.message =
            failed ? fmt::format("no alert by {}: {}", to_string(parcel.channel), one.failure)
                   : fmt::format("alert by {}", to_string(parcel.channel));
        said.fields = {{"channel", std::string(to_string(parcel.channel))},
                       {"kind", std::string(to_string(parcel.kind))},
                       {"tries", std::to_string(parcel.tries)}};
        said.at = time_.now();
        if (events_) events_(said);
        hold.lock();
    }

    void say(std::string_view name, severity level, const line& of, std::string message) const {
        if (!events_) return;
        event said;
        said.name = name;
        said.level = level;
        said.tool = of.tool_;
        said.endpoint = of.endpoint_;
        said.message = message.empty() ? "an alert is held back" : std::move(message);
        said.at = time_.now();
        events_(said);
    }

    void run() {
        std::unique_lock hold(mutex_);
        while (!over_locked()) {
            try {
                turn(hold);
            } catch (const std::exception&) {  // no memory: what is left gets another turn
                if (!hold.owns_lock()) hold.lock();
                something_.wait_for(hold, std::chrono::milliseconds(100));
            }
        }
        courier_.reset();
    }

    [[nodiscard]] bool over_locked() const {
        if (!closing_) return false;
        return (outbox_.size() == 0 && waiting_.empty()) || time_.now() >= ends_at_;
    }

    void turn(std::unique_lock<std::mutex>& hold) {
        if (!courier_) courier_ = std::make_unique<alert_courier>(time_);
        roused_ = false;
        const instant now = time_.now();
        std::vector<alert_notice> notices;
        instant next = collect_locked(now, notices);
        start_due_locked(now);
        next = std::min(next, outbox_.next());
        if (!notices.empty() && options_.notify) {
            const auto notify = options_.notify;
            hold.unlock();
            for (const alert_notice& notice : notices)
                notify(notice);
            hold.lock();
        }
        if (closing_) next = std::min(next, ends_at_);
        const duration wait =
            std::clamp<duration>(difference(next, now), duration::zero(), longest_wait);
        if (courier_->under_way() == 0) {
            something_.wait_for(hold, wait, [this] { return roused_; });
            return;
        }
        hold.unlock();
        auto done = courier_->step(wait);
        hold.lock();
        for (auto& one : done)
            finish(std::move(one), hold);
    }

    static constexpr duration longest_wait = std::chrono::seconds(60);

    const clock& time_;
    const event_sink events_;
    std::mutex mutex_;
    std::condition_variable something_;
    alerting_options options_;
    std::shared_ptr<const smtp_options> smtp_;
    std::shared_ptr<const std::string> authorities_;
    std::vector<std::weak_ptr<line>> waiting_;
    detail::alert_outbox outbox_;
    std::unique_ptr<alert_courier> courier_;
    std::uint64_t identities_ = 0;
    bool roused_ = false;
    bool closing_ = false;
    instant ends_at_{};
    std::thread thread_;
};

alert_desk::alert_desk(const clock& time, event_sink events)
    : impl_(std::make_shared<impl>(time, std::move(events))) {}

alert_desk::~alert_desk() {
    close(duration::zero());
}

void alert_desk::configure(alerting_options options) {
    impl_->configure(std::move(options));
}

std::shared_ptr<alert_line> alert_desk::open_line(std::string tool, std::string endpoint,
                                                  const alert_options& options,
                                                  std::shared_ptr<endpoint_metrics> metrics,
                                                  bool open) {
    return impl_->open_line(std::move(tool), std::move(endpoint), options, std::move(metrics),
                            open);
}

std::vector<alert_delivery> alert_desk::test(const std::string& tool, const std::string& endpoint,
                                             const alert_options& options) const {
    return impl_->test(tool, endpoint, options);
}

void alert_desk::close(duration limit) {
    impl_->close(limit);
}

}  // namespace symphony
