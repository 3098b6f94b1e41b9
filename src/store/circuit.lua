-- One word of one process about a shared circuit, and what all of them come to.
--   KEYS  the state (a hash), who finds it broken, who finds it sound (sorted sets by end of validity),
--         whose trials failed how often (a sorted set)
--   ARGV  who, epoch, finding, trial, wish, hold, reset time, longest reset time, then how long a
--         view, one of broken, a turn, shyness and the settling last. All times are µs.
local call, max, min = redis.call, math.max, math.min
local time = call('TIME')
local now = time[1] * 1000000 + time[2]
local who, finding, trial, wish = ARGV[1], ARGV[3], ARGV[4], ARGV[5]
local epoch, hold, reset, longest = tonumber(ARGV[2]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local view_time, broken_time, turn_time = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local shy_time, settling_time = tonumber(ARGV[12]), tonumber(ARGV[13])
local state_key, broken_key, sound_key, failed_key = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
if epoch >= 2 ^ 53 then epoch = 0 end

local function text(n) return string.format('%.0f', n) end

local raw = call('HMGET', state_key, 'epoch', 'healed', 'open', 'since', 'wait', 'until', 'turn', 'turnEnds', 'last',
    'wanted', 'born', 'sick', 'sickAt')
-- What others wrote here must not stay: it counts as nothing.
local function number(i)
    local n = tonumber(raw[i] or '') or 0
    return n >= 0 and n < 2 ^ 53 and n or 0
end
local s = {epoch = number(1), healed = number(2), open = raw[3] == '1', since = number(4), wait = number(5),
    till = number(6), turn = raw[7] or '', ends = number(8), last = raw[9] or '', wanted = raw[10] == '1', born = number(11),
    sick = raw[12] or '', sick_at = number(13)}
if s.healed >= s.epoch then s.healed = 0 end

-- New, lost, or restored from a time before: what was found then has to be said anew.
if s.epoch < 1 or epoch > s.epoch then
    s = {epoch = max(now, epoch + 1), healed = 0, open = false, since = 0, wait = 0, till = 0, turn = '',
        ends = 0, last = '', wanted = false, born = now, sick = '', sick_at = 0}
    call('DEL', broken_key, sound_key, failed_key)
end
-- Redis's clock may have gone back with a failover: nothing lasts longer than it was given.
s.since, s.born, s.sick_at = min(s.since, now), min(s.born, now), min(s.sick_at, now)
s.till = min(s.till, now + max(s.wait, longest))
if s.ends <= now or s.ends > now + turn_time then s.turn = '' end
if s.turn == 'check' .. who or s.turn == 'probe' .. who then s.mine = s.turn:sub(1, 5) end

local speaks = epoch == s.epoch or epoch == 0
if speaks and s.open then
    if trial == 'proven' and s.last == who and (s.mine == 'probe' or s.turn == '') then
        s.healed, s.epoch, s.open, s.turn, s.last = s.epoch, max(now, s.epoch + 1), false, '', ''
        s.wanted, s.born, s.sick = false, now, ''
        speaks = false
        call('DEL', broken_key, sound_key, failed_key)
    elseif trial == 'failed' and s.mine == 'probe' then
        s.wait = min(s.wait * 2, max(longest, s.wait))
        s.since, s.till, s.turn = now, now + s.wait, ''
        call('ZINCRBY', failed_key, 1, who)
    elseif trial == 'well' and s.mine == 'check' then
        s.till, s.turn = min(s.till, now), ''
    elseif trial == 'sick' and s.mine == 'check' then
        s.till, s.turn = max(s.till, min(now + hold, s.since + longest)), ''
        s.sick, s.sick_at = who, now
    end
end

-- First what needs memory, which fails before anything is taken away.
if speaks and finding ~= 'unsure' then
    call('ZADD', finding == 'broken' and broken_key or sound_key, text(now + (finding == 'broken' and broken_time or view_time)), who)
end
if not speaks or finding ~= 'broken' then call('ZREM', broken_key, who) end
if not speaks or finding ~= 'sound' then call('ZREM', sound_key, who) end
for _, key in ipairs({broken_key, sound_key}) do
    call('ZREMRANGEBYSCORE', key, '-inf', text(now))
    call('ZREMRANGEBYSCORE', key, '(' .. text(now + view_time), '+inf')
    call('PEXPIRE', key, math.ceil(view_time / 1000))
end
local broken, sound = call('ZCARD', broken_key), call('ZCARD', sound_key)
if not s.open and broken >= 2 and broken > sound and now >= s.born + settling_time then
    s.open, s.since, s.wait, s.till, s.turn, s.last = true, now, reset, now + reset, '', ''
    s.wanted, s.sick = false, ''
    call('DEL', failed_key)
end

local mine = s.turn ~= '' and s.turn:sub(6) == who and s.turn:sub(1, 5) or ''
local turn, shy = 0, false
if s.open and wish == 'check' and now < s.till and (s.turn == '' or mine ~= '') then
    shy = s.sick == who and now < s.sick_at + shy_time
    turn = shy and 0 or 1
elseif s.open and wish == 'probe' and now >= s.till then
    local free = s.turn == '' or mine ~= '' or s.turn:sub(1, 5) == 'check'
    local failed = min(tonumber(call('ZSCORE', failed_key, who) or '0') or 0, 8)
    shy = mine ~= 'probe' and now < s.till + failed * shy_time
    if free and not shy then turn = 2 end
end
if turn > 0 then
    if s.turn ~= wish .. who then s.wanted = false end
    s.turn, s.ends = wish .. who, now + turn_time
    if turn == 2 then s.last = who end
else
    if mine ~= '' then s.turn = '' end
    if s.open and wish == 'probe' and not shy then s.wanted = true end
end

call('HSET', state_key, 'epoch', text(s.epoch), 'healed', text(s.healed), 'open', s.open and '1' or '0',
    'since', text(s.since), 'wait', text(s.wait), 'until', text(s.till), 'turn', s.turn, 'turnEnds',
    text(s.ends), 'last', s.last, 'wanted', s.wanted and '1' or '0', 'born',
    text(s.born), 'sick', s.sick, 'sickAt', text(s.sick_at))
local rest = s.open and max(s.till - now, 0) or 0
call('PEXPIRE', state_key, math.ceil(rest / 1000) + 60000)
call('PEXPIRE', failed_key, math.ceil(rest / 1000) + 60000)
return {s.epoch, s.healed, s.open and 1 or 0, rest, turn, broken, sound, s.wanted and 1 or 0}
