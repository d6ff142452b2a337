/**
 * Appends an event, unless it was appended before. A script is run as a whole, so two tries of one event make one entry. The
 * mark comes last: a script that fails half-way is not undone, and an entry without a mark is only doubled, not lost.
 *
 * KEYS: stream, mark. ARGV: seconds that the mark is kept, entries that the stream keeps (0 = all), then fields and values.
 */
export const appendScript = `
if redis.call('EXISTS', KEYS[2]) == 1 then return false end
local entry = { 'XADD', KEYS[1] }
if ARGV[2] ~= '0' then
  entry[#entry + 1] = 'MAXLEN'
  entry[#entry + 1] = '~'
  entry[#entry + 1] = ARGV[2]
end
entry[#entry + 1] = '*'
for place = 3, #ARGV do entry[#entry + 1] = ARGV[place] end
local id = redis.call(unpack(entry))
if ARGV[1] ~= '0' then redis.call('SET', KEYS[2], id, 'EX', ARGV[1]) end
return id`;
