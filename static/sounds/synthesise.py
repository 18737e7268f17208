#!/usr/bin/env python3
"""Makes every sound of names.txt from nothing: oscillators, noise, resonances. Needs `lame` to write MP3.

    python3 static/sounds/synthesise.py [NAME...]

All of it is composed here; nothing is sampled or taken from a recording. The same script makes the same sounds.
"""
import array, math, pathlib, random, subprocess, sys, wave

RATE = 22050
HERE = pathlib.Path(__file__).parent
TAU = 2 * math.pi
LOUDNESS = 0.16  # root mean square of what can be heard, of 1
dice = random.Random(1)


# --- Parts ---------------------------------------------------------------------------------------------------------

def n(seconds):
    return int(seconds * RATE)


def envelope(length, attack, release, curve=1.0):
    a, r = max(1, n(attack)), max(1, n(release))
    return [min(1, i / a) * min(1, (length - i) / r) ** curve for i in range(length)]


def shaped(samples, attack=0.005, release=0.05, curve=1.0):
    return [s * e for s, e in zip(samples, envelope(len(samples), attack, release, curve))]


def osc(freq, seconds, kind="sine", vibrato=0.0, rate=5.5):
    """A tone; `freq` is a number or a function of the time in 0..1."""
    phase, out, length = 0.0, [], n(seconds)
    for i in range(length):
        f = freq(i / length) if callable(freq) else freq
        if vibrato:
            f *= 1 + vibrato * math.sin(TAU * rate * i / RATE)
        phase = (phase + f / RATE) % 1
        if kind == "sine":
            out.append(math.sin(TAU * phase))
        elif kind == "saw":
            out.append(2 * phase - 1)
        elif kind == "square":
            out.append(1.0 if phase < 0.5 else -1.0)
        elif kind == "pulse":
            out.append(1.0 if phase < 0.2 else -0.25)
        else:  # triangle
            out.append(4 * abs(phase - 0.5) - 1)
    return out


def noise(seconds):
    return [dice.uniform(-1, 1) for _ in range(n(seconds))]


def decay(samples, half):
    """Halves the loudness every `half` seconds."""
    k, gain, out = 0.5 ** (1 / (half * RATE)), 1.0, []
    for s in samples:
        out.append(s * gain)
        gain *= k
    return shaped(out, 0.001, 0.02)


def low(samples, cutoff):
    k, y, out = 1 - math.exp(-TAU * cutoff / RATE), 0.0, []
    for s in samples:
        y += k * (s - y)
        out.append(y)
    return out


def high(samples, cutoff):
    return [s - l for s, l in zip(samples, low(samples, cutoff))]


def resonant(samples, freq, width):
    """What of it lies about `freq`; both may be functions of the time in 0..1."""
    y1 = y2 = 0.0
    out, length = [], len(samples)
    for i, s in enumerate(samples):
        if i % 32 == 0:
            f = freq(i / length) if callable(freq) else freq
            r = math.exp(-math.pi * width / RATE)
            b, c = 2 * r * math.cos(TAU * f / RATE), -r * r
            g = 1 - r
        y = g * s * 2 + b * y1 + c * y2
        y2, y1 = y1, y
        out.append(y)
    return out


def gain(samples, factor):
    return [s * factor for s in samples]


def mix(*tracks):
    out = [0.0] * max(len(t) for t in tracks)
    for t in tracks:
        for i, s in enumerate(t):
            out[i] += s
    return out


def at(*placed):
    """Tracks, each from its second on: (seconds, track)."""
    out = [0.0] * max(n(t) + len(s) for t, s in placed)
    for t, s in placed:
        o = n(t)
        for i, v in enumerate(s):
            out[o + i] += v
    return out


def row(*tracks):
    return [s for t in tracks for s in t]


def rest(seconds):
    return [0.0] * n(seconds)


def room(samples, size=0.3, wet=0.25):
    """A little echo, so that things sound as if they were somewhere."""
    out = samples + rest(size * 1.6)
    for delay, amount in ((0.031, 0.6), (0.047, 0.5), (0.083, 0.4), (0.131, 0.3)):
        d = n(delay * size / 0.3)
        for i in range(d, len(out)):
            out[i] += out[i - d] * amount * wet
    return shaped(out, 0.001, size)


def soft(samples, drive=1.5):
    return [math.tanh(s * drive) for s in samples]


STEP = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def pitch(name):
    sharp = 1 if "#" in name else -1 if "b" in name else 0
    return 440 * 2 ** ((STEP[name[0]] + sharp + 12 * int(name[-1]) - 57) / 12)


# --- Instruments: (frequency, seconds) -> samples -------------------------------------------------------------------

def bell(f, s):
    partials = ((0.5, 1, 1.0), (1, 0.8, 0.8), (1.19, 0.5, 0.6), (1.5, 0.35, 0.5), (2, 0.45, 0.4), (2.74, 0.3, 0.25), (3.76, 0.2, 0.16), (5.2, 0.1, 0.1))
    return mix(*[gain(decay(osc(f * m, s), h * s * 0.35), a) for m, a, h in partials])


def pluck(f, s):
    """Karplus and Strong's string."""
    ring = [dice.uniform(-1, 1) for _ in range(max(2, int(RATE / f)))]
    out = []
    for i in range(n(s)):
        k = i % len(ring)
        out.append(ring[k])
        ring[k] = 0.497 * (ring[k] + ring[(k + 1) % len(ring)])
    return shaped(out, 0.001, 0.04)


def brass(f, s):
    tone = mix(osc(f, s, "saw", 0.004), osc(f * 1.003, s, "saw"))
    return shaped(resonant(low(tone, 6 * f), lambda t: f * (2 + 3 * min(1, t * 8)), 500), 0.03, 0.06)


def lead(f, s):
    return shaped(low(osc(f, s, "square"), 5000), 0.004, 0.03)


def chip(f, s):
    return shaped(osc(f, s, "pulse"), 0.003, 0.02)


def organ(f, s):
    return shaped(mix(*[gain(osc(f * m, s), a) for m, a in ((0.5, 0.5), (1, 1), (2, 0.6), (3, 0.3), (4, 0.3))]), 0.02, 0.08)


def bass(f, s):
    return decay(low(osc(f, s, "saw"), 700), s * 0.5)


def fiddle(f, s):
    return shaped(resonant(mix(osc(f, s, "saw", 0.006), gain(noise(s), 0.05)), 2 * f, 900), 0.03, 0.04)


def guitar(f, s):
    """A string through a loudspeaker that has too much of it."""
    return gain(shaped(low(soft(mix(pluck(f, s), pluck(f * 1.5, s)), 5), 3500), 0.002, 0.05), 0.6)


def reed(f, s):
    tone = mix(osc(f, s, "saw", 0.008), gain(osc(f, s, "square"), 0.4), gain(noise(s), 0.06))
    return shaped(mix(resonant(tone, 900, 300), gain(resonant(tone, 1700, 400), 0.7)), 0.04, 0.07)


def play(instrument, notes, beat):
    """Notes as words: `C4:1` for one beat, `C4+E4:2` for two at once, `-:1` for silence."""
    out, t = [], 0.0
    for word in notes.split():
        name, beats = word.split(":")
        s = float(beats) * beat
        if name != "-":
            out += [(t, instrument(pitch(p), s)) for p in name.split("+")]
        t += s
    return at((0, rest(t)), *out)


# --- Drums ----------------------------------------------------------------------------------------------------------

def kick():
    return decay(osc(lambda t: 50 + 130 * math.exp(-t * 18), 0.28), 0.06)


def snare():
    return mix(decay(high(noise(0.2), 900), 0.035), gain(decay(osc(190, 0.15), 0.03), 0.7))


def tom(f):
    return mix(decay(osc(lambda t: f * (1 + 0.5 * math.exp(-t * 20)), 0.35), 0.07), gain(decay(noise(0.05), 0.01), 0.3))


def cymbal(s=1.1):
    metal = mix(*[osc(f, s, "square") for f in (2941, 3567, 4283, 5411, 6129)])
    return decay(high(mix(gain(noise(s), 1.2), gain(metal, 0.15)), 4000), s * 0.16)


def hat():
    return gain(decay(high(noise(0.06), 6000), 0.012), 0.6)


def clap():
    return mix(*[rest(d) + decay(resonant(noise(0.12), 1200, 900), 0.018) for d in (0, 0.009, 0.019)])


def crash():
    return mix(cymbal(1.4), gain(kick(), 0.8))


# --- A voice: a source of pulses and breath through three resonances ---------------------------------------------------

VOWELS = {
    "a": (750, 1150, 2450), "ae": (680, 1750, 2450), "e": (530, 1850, 2500), "i": (280, 2300, 3000), "o": (480, 850, 2450),
    "u": (310, 850, 2250), "uh": (620, 1200, 2400), "er": (480, 1350, 1650), "aw": (580, 900, 2450),
    "m": (240, 1000, 2200), "n": (240, 1500, 2400), "l": (360, 1050, 2700), "r": (340, 1150, 1550), "w": (290, 650, 2200),
    "y": (270, 2250, 3000), "b": (200, 700, 2200), "d": (200, 1700, 2600), "g": (200, 1900, 2300), "v": (220, 1100, 2100),
    "z": (220, 1700, 2600), "j": (240, 1900, 2600),
}
QUIET = {"m": 0.5, "n": 0.5, "b": 0.12, "d": 0.12, "g": 0.12, "v": 0.3, "z": 0.25, "j": 0.2, "l": 0.7, "r": 0.7}
BREATH = {"s": (6500, 2500, 0.5), "sh": (3200, 1500, 0.6), "f": (5000, 5000, 0.25), "h": (1300, 1800, 0.3), "th": (6000, 5000, 0.2),
          "t": (5000, 3000, 0.6), "k": (2200, 1200, 0.6), "p": (900, 900, 0.5), "ch": (3300, 1500, 0.7), "z": (6500, 2500, 0.25), "j": (3200, 1500, 0.35), "v": (5000, 4000, 0.1)}


def say(sounds, high_pitch=1.0, contour=None, base=120, breathy=0.03, buzz="saw", size=1.0):
    """Speaks sounds as words: `a:0.2 s:0.1`; `contour` is the pitch over the time in 0..1; `size` shortens the throat."""
    parts = [(w.split(":")[0], float(w.split(":")[1])) for w in sounds.split()]
    total = sum(s for _, s in parts)
    contour = contour or (lambda t: 1.1 - 0.25 * t)
    source = osc(lambda t: base * high_pitch * contour(t), total, buzz, 0.01, 5)
    source = [s + breathy * dice.uniform(-1, 1) for s in source]
    marks, loud, t, last = [], [], 0.0, VOWELS["uh"]
    voiced = [p for p, _ in parts if p in VOWELS]
    if voiced:
        last = VOWELS[voiced[0]]
    for p, s in parts:
        last = VOWELS.get(p, last)
        marks.append((t, s, last))
        loud.append((t, s, 0.0 if p == "_" or p not in VOWELS else QUIET.get(p, 1.0)))
        t += s

    def formant(k):
        def f(u):
            now = u * total
            for (t0, s, v), nxt in zip(marks, marks[1:] + marks[-1:]):
                if now < t0 + s:
                    glide = max(0.0, (now - t0 - s * 0.55) / (s * 0.45)) if s else 0
                    return (v[k] + (nxt[2][k] - v[k]) * min(1, glide)) * size
            return marks[-1][2][k] * size
        return f

    level, y = [], 0.0
    k = 1 - math.exp(-1 / (0.012 * RATE))
    for t0, s, g in loud:
        for _ in range(n(s)):
            y += k * (g - y)
            level.append(y)
    level += [0.0] * (len(source) - len(level))
    source = [a * b for a, b in zip(source, level)]
    out = mix(resonant(source, formant(0), 90), gain(resonant(source, formant(1), 120), 0.8), gain(resonant(source, formant(2), 170), 0.45))
    for (p, s), (t0, _, _) in zip(parts, loud):
        if p in BREATH:
            f, width, amount = BREATH[p]
            hiss = resonant(noise(s), f, width)
            if p in ("t", "k", "p", "ch"):
                hiss = row(rest(s * 0.45), decay(hiss[: n(s * 0.55)], 0.015 if p != "ch" else 0.04))
            out = at((0, out), (t0, gain(shaped(hiss, 0.01, 0.02), amount * 0.9)))
    return gain(shaped(out, 0.01, 0.04), 3)


# --- The sounds --------------------------------------------------------------------------------------------------------

def s_56k():
    dial = row(*[row(mix(osc(a, 0.06), osc(b, 0.06)), rest(0.03)) for a, b in
                 ((697, 1209), (852, 1477), (770, 1336), (941, 1336), (697, 1477), (852, 1209))])
    answer = row(osc(2100, 0.3), rest(0.05))
    chirps = row(*[mix(osc(1200 if i % 3 else 2250, 0.035), gain(osc(600, 0.035), 0.5)) for i in range(12)])
    sweep = shaped(mix(osc(lambda t: 300 + 3000 * t, 0.25), osc(lambda t: 3300 - 2500 * t, 0.25)))
    hiss = shaped(mix(resonant(noise(1.1), 1800, 1600), gain(osc(1800, 1.1), 0.08)), 0.02, 0.1)
    return row(dial, rest(0.08), answer, chirps, sweep, gain(hiss, 1.5))


def s_airhorn():
    def blast(s):
        tone = mix(*[osc(f * d, s, "saw") for f in (392, 466, 587) for d in (0.992, 1, 1.009)])
        return shaped(high(soft(gain(tone, 0.35), 2), 250), 0.008, 0.05)
    return room(row(blast(0.13), rest(0.05), blast(0.13), rest(0.05), blast(0.13), rest(0.05), blast(0.85)), 0.25, 0.15)


def s_applause():
    length, claps = 2.6, []
    for _ in range(190):
        t = dice.uniform(0, length - 0.2)
        loud = min(1, t / 0.4) * min(1, (length - t) / 0.9) * dice.uniform(0.3, 1)
        claps.append((t, gain(decay(resonant(noise(0.06), dice.uniform(800, 2200), 1100), dice.uniform(0.008, 0.018)), loud)))
    return room(at((0, gain(shaped(high(noise(length), 1500), 0.5, 1.0), 0.05)), *claps), 0.3, 0.2)


def s_ballmer():
    word = "d:0.05 e:0.09 v:0.05 e:0.1 l:0.06 o:0.08 p:0.07 er:0.16 z:0.07"
    return soft(row(*[say(word, p, lambda t: 1.25 - 0.35 * t, 170, 0.12) for p in (1, 1.08, 1.18)]), 1.4)


def s_bell():
    return bell(660, 2.2)


def s_bezos():
    laughs = []
    for k, p in enumerate((1.0, 1.3, 1.25, 1.15, 1.05, 0.95, 0.85)):
        laughs += [say("h:0.05 ae:0.06 a:0.1", p, lambda t: 1.25 - 0.3 * t, 190, 0.15), rest(0.02 if k else 0.12)]
    return room(soft(row(*laughs), 1.3), 0.2, 0.1)


def s_boo():
    crowd = [(dice.uniform(0, 0.3), gain(say("b:0.06 u:%.2f" % dice.uniform(1.3, 1.7), 1, lambda t: 1.05 - 0.2 * t, dice.uniform(95, 240), 0.1), 0.5)) for _ in range(9)]
    return room(shaped(at(*crowd), 0.05, 0.3), 0.3, 0.2)


def s_bueller():
    first = say("b:0.05 y:0.04 u:0.16 l:0.1 er:0.3", 1, lambda t: 1.0 + 0.04 * t, 98, 0.02)
    return row(first, rest(0.75), say("b:0.05 y:0.04 u:0.18 l:0.1 er:0.34", 1, lambda t: 0.98 + 0.1 * t, 98, 0.02))


def s_butts():
    return row(*[shaped(low(soft(osc(lambda t, f=f: f * (1 + 0.15 * math.sin(t * 9)), s, "saw", 0.08, 31), 3), 900), 0.01, 0.06) for f, s in ((105, 0.25), (80, 0.5))])


def s_clowntown():
    oom = play(organ, "C3:1 E4+G4:1 G2:1 E4+G4:1 C3:1 E4+G4:1 G2:1 D4+F4:1", 0.17)
    tune = play(organ, "G5:0.5 F#5:0.5 F5:0.5 E5:0.5 D#5:0.5 E5:0.5 C5:1 A5:0.5 G#5:0.5 G5:0.5 F5:0.5 E5:1 C6:1", 0.17)
    return row(mix(gain(oom, 0.6), tune), shaped(osc(lambda t: 300 - 120 * math.sin(t * 3.1), 0.3, "square"), 0.01, 0.05))


def s_cottoneyejoe():
    tune = play(fiddle, "A4:0.5 B4:0.5 D5:0.5 E5:0.5 F#5:0.5 E5:0.25 F#5:0.25 D5:1 B4:0.5 D5:0.5 A4:0.5 B4:0.5 D5+A5:1.5", 0.24)
    stomp = at(*[(k * 0.24, kick() if k % 2 == 0 else clap()) for k in range(8)])
    return mix(gain(tune, 1.6), gain(stomp, 0.7))


def s_crickets():
    def chirp(f, loud):
        pulses = [row(shaped(osc(f, 0.018), 0.006, 0.008), rest(0.012)) for _ in range(3)]
        return gain(row(*pulses), loud)
    calls = [(t, chirp(4300, 1)) for t in (0.1, 0.45, 0.8, 1.3, 1.65, 2.0, 2.35)]
    others = [(t, chirp(3850, 0.4)) for t in (0.27, 0.7, 1.1, 1.52, 1.9, 2.2)]
    return at((0, gain(low(noise(2.7), 300), 0.03)), *calls, *others)


def s_curb():
    tuba = play(bass, "F2:1 C3:1 F2:1 C3:1 F2:1 C2:1 F2:1.5", 0.28)
    top = play(pluck, "-:0.5 A4:0.5 -:0.5 A4:0.5 C5:0.25 Bb4:0.25 A4:0.5 G4:0.5 E4:0.5 -:0.5 F4:0.5 -:0.5 F5:0.5", 0.28)
    return mix(gain(tuba, 1.4), top)


def s_dadgummit():
    return soft(say("d:0.05 ae:0.16 d:0.06 g:0.05 uh:0.1 m:0.08 i:0.08 t:0.12", 1, lambda t: 1.2 - 0.4 * t, 130, 0.08), 1.3)


def s_dangerzone():
    jet = shaped(resonant(noise(1.9), lambda t: 400 + 2600 * t * t, 700), 0.5, 0.5)
    riff = play(guitar, "E3:0.5 E3:0.5 G3:0.5 E3:0.5 A3:1 G3:0.5 E3:1.5", 0.2)
    return at((0, gain(jet, 0.8)), (0.35, riff))


def s_danielsan():
    gong = mix(*[gain(decay(osc(f, 1.8), 0.4), a) for f, a in ((130, 1), (197, 0.7), (271, 0.6), (343, 0.4), (512, 0.3))])
    return at((0, play(pluck, "D5:0.5 E5:0.5 G5:0.5 A5:1 G5:0.5 A5:1", 0.2)), (0.75, gong))


def s_deeper():
    return room(row(shaped(soft(mix(*[osc(f, 1.8, "saw") for f in (46.2, 69.3, 92.6, 93.3, 139)]), 1.2), 0.03, 1.4, 2)), 0.4, 0.3)


def s_donotwant():
    return soft(say("d:0.04 u:0.22 _:0.05 n:0.07 a:0.1 o:0.12 t:0.1 w:0.08 a:0.2 n:0.1 t:0.14", 1, lambda t: 1.15 - 0.3 * t, 150, 0.06), 1.3)


def s_drama():
    def hit(notes, s):
        return mix(*[brass(pitch(p), s) for p in notes], *[organ(pitch(p), s) for p in notes])
    return room(row(hit(("C3", "C4", "Eb4"), 0.28), rest(0.08), hit(("C3", "C4", "F#4"), 0.28), rest(0.08), hit(("B2", "F#3", "C4", "Eb4", "A4"), 1.1)), 0.35, 0.3)


def s_flawless():
    return room(play(bell, "E6:0.5 G#6:0.5 B6:0.5 E7:2", 0.13), 0.3, 0.3)


def s_glados():
    words = say("s:0.09 t:0.06 i:0.1 l:0.12 _:0.06 uh:0.08 l:0.06 a:0.16 i:0.1 v:0.1", 1, lambda t: 1.0 + 0.26 * (int(t * 8) % 3) / 2, 205, 0.0, "square", 1.12)
    return room([round(s * 24) / 24 for s in words], 0.2, 0.25)


def s_gogogo():
    return soft(row(*[row(say("g:0.05 o:%s" % s, p, lambda t: 1.2 - 0.25 * t, 165, 0.12), rest(0.06)) for s, p in (("0.16", 1), ("0.16", 1.1), ("0.4", 1.22))]), 1.6)


def s_greatjob():
    return row(say("g:0.05 r:0.07 e:0.12 i:0.06 t:0.09 j:0.07 a:0.22 b:0.07", 1, lambda t: 1.0 + 0.25 * math.sin(t * 3), 135, 0.04), play(lead, "C5:0.5 G5:1", 0.14))


def s_greyjoy():
    return room(row(shaped(brass(146.8, 0.5)), rest(0.04), mix(brass(196, 1.3), gain(brass(98, 1.3), 0.8))), 0.45, 0.35)


def s_guarantee():
    return row(say("y:0.05 u:0.1 _:0.04 g:0.05 ae:0.09 r:0.07 uh:0.06 n:0.07 t:0.08 i:0.26", 1, lambda t: 1.15 - 0.3 * t, 100, 0.08), bell(1568, 0.6))


def s_heygirl():
    return room(row(play(bell, "G6:0.5 E6:0.5 C6:0.5", 0.09), say("h:0.08 e:0.16 i:0.12 _:0.05 g:0.05 er:0.22 l:0.16", 1, lambda t: 1.15 - 0.3 * t, 105, 0.12)), 0.2, 0.15)


def s_honk():
    return row(*[row(shaped(mix(resonant(osc(lambda t: 330 - 50 * t, s, "saw"), 900, 220), gain(resonant(osc(lambda t: 330 - 50 * t, s, "saw"), 1500, 300), 0.8)), 0.012, 0.05), rest(0.07)) for s in (0.2, 0.32)])


def s_horn():
    return room(play(brass, "G4:0.5 C5:0.5 E5:0.5 G5:1 E5:0.5 G5:2", 0.15), 0.3, 0.2)


def s_horror():
    stab = [(k * 0.21, shaped(mix(*[resonant(osc(f, 0.17, "saw", 0.01), f, 1200) for f in (1865, 1976, 2093, 1397)]), 0.004, 0.04)) for k in range(7)]
    return room(at(*stab), 0.35, 0.3)


def s_inconceivable():
    return say("i:0.07 n:0.07 k:0.07 uh:0.07 n:0.06 s:0.09 i:0.26 v:0.06 uh:0.08 b:0.05 uh:0.06 l:0.16", 1, lambda t: 1.0 + 0.5 * math.exp(-((t - 0.52) / 0.15) ** 2), 165, 0.05)


def s_letitgo():
    flakes = [(k * 0.12, gain(bell(f, 0.7), 0.5)) for k, f in enumerate((2093, 1760, 1568, 1319, 1175, 1047, 1319, 1568, 2093))]
    return room(at((0, shaped(gain(resonant(noise(1.7), lambda t: 900 + 500 * math.sin(t * 7), 300), 0.5), 0.5, 0.7)), *flakes), 0.35, 0.3)


def s_live():
    shout = say("w:0.06 i:0.08 l:0.06 d:0.05 u:0.12 i:0.07 t:0.08 l:0.07 a:0.2 i:0.12 v:0.12", 1, lambda t: 1.05 + 0.3 * t, 185, 0.16)
    return soft(shout, 2.2)


def s_loggins():
    beat = at(*[(k * 0.2, kick() if k % 4 == 0 else snare() if k % 4 == 2 else hat()) for k in range(9)])
    riff = play(guitar, "A3:0.5 A3:0.5 C4:0.5 D4:1 C4:0.5 A3:0.5 G3:0.5 A3:1.5", 0.33)
    return mix(beat, riff)


def s_makeitso():
    ping = [(t, gain(decay(osc(f, 0.2), 0.05), 0.5)) for t, f in ((0, 1700), (0.09, 2100), (0.18, 1900))]
    return room(at(*ping, (0.4, say("m:0.07 e:0.1 i:0.07 k:0.08 i:0.07 t:0.08 s:0.12 o:0.34", 1, lambda t: 1.1 - 0.3 * t, 105, 0.04))), 0.25, 0.15)


def s_noooo():
    return room(say("n:0.12 o:1.9", 1, lambda t: 0.85 + 0.45 * math.sin(min(1, t * 1.3) * 2.6), 140, 0.08), 0.45, 0.35)


def s_nyan():
    top = "B5:0.5 C#6:0.5 A5:0.5 B5:0.25 A5:0.25 F#5:0.5 A5:0.5 E5:1 F#5:0.5 G#5:0.5 B5:0.5 E6:0.25 D#6:0.25 C#6:0.5 B5:0.5 E6:1"
    deep = "E3:0.5 E4:0.5 C#3:0.5 C#4:0.5 A2:0.5 A3:0.5 B2:0.5 B3:0.5 " * 2
    return mix(play(chip, top, 0.3), gain(play(lead, deep.strip(), 0.3), 0.35), gain(at(*[(k * 0.15, hat()) for k in range(16)]), 0.5))


def s_ohmy():
    return say("o:0.26 _:0.08 m:0.16 a:0.4 i:0.18", 1, lambda t: 1.0 + 0.2 * math.sin(t * 5.5) - 0.2 * t, 88, 0.08)


def s_ohyeah():
    smash = at((0, decay(noise(0.5), 0.08)), *[(dice.uniform(0, 0.4), gain(decay(noise(0.08), 0.02), 0.6)) for _ in range(12)], (0, kick()))
    return at((0, gain(smash, 0.8)), (0.4, soft(say("o:0.4 _:0.04 y:0.08 e:0.2 uh:0.45", 1, lambda t: 1.1 - 0.25 * t, 78, 0.08), 1.6)))


def s_pushit():
    beat = at(*[(k * 0.17, kick()) for k in (0, 3, 6, 8)], *[(k * 0.17, snare()) for k in (2, 5, 10)], *[(k * 0.17, hat()) for k in range(12)])
    return mix(beat, play(lead, "C5:0.5 -:0.5 C5:0.5 D#5:0.5 C5:1 -:0.5 A#4:0.5 C5:1", 0.34))


def s_rimshot():
    return at((0, snare()), (0.0, gain(tom(220), 0.6)), (0.17, tom(130)), (0.42, kick()), (0.42, gain(cymbal(1.3), 1.2)))


def s_rollout():
    engine = shaped(low(soft(osc(lambda t: 55 + 60 * t + 15 * math.sin(t * 14), 1.7, "saw"), 3), 900), 0.1, 0.4)
    horn = shaped(mix(osc(415, 0.2, "square"), osc(523, 0.2, "square")), 0.01, 0.03)
    return at((0, engine), (0.25, gain(horn, 0.3)), (0.55, gain(horn, 0.3)))


def s_rumble():
    ding = [(k * 0.16, bell(1244, 0.7)) for k in range(3)]
    call = say("r:0.1 uh:0.3 m:0.16 b:0.06 l:0.9", 1, lambda t: 1.0 + 0.2 * math.sin(t * 4), 135, 0.08)
    return room(at((0, call), *[(1.35 + t, s) for t, s in ding]), 0.3, 0.2)


def s_sax():
    return room(play(reed, "D5:0.5 F5:0.5 A5:1.5 G5:0.5 F5:0.5 E5:0.5 F5:0.25 E5:0.25 D5:2", 0.23), 0.4, 0.3)


def s_secret():
    return room(play(chip, "E5:0.5 G5:0.5 Bb5:0.5 D6:0.5 F#6:0.5 A6:0.5 D7:1.5", 0.11), 0.2, 0.2)


def s_sexyback():
    beat = at(*[(k * 0.26, kick()) for k in (0, 1, 2, 3, 4, 5, 6)], *[(k * 0.26, clap()) for k in (1, 3, 5)])
    return mix(beat, gain(soft(play(bass, "D2:0.5 D2:0.5 F2:0.5 D2:0.5 G2:0.5 F2:0.5 D2:0.5", 0.52), 3), 0.7))


def s_story():
    chords = mix(play(organ, "C4+E4+G4:1 F4+A4+C5:1 G4+B4+D5:1 C4+G4+C5+E5:3", 0.27), play(bell, "E6:1 F6:1 D6:1 C6:3", 0.27))
    return room(chords, 0.3, 0.2)


def s_tada():
    return room(row(mix(*[brass(pitch(p), 0.16) for p in ("C4", "E4", "G4", "C5")]), rest(0.05), at((0, mix(*[brass(pitch(p), 1.1) for p in ("C4", "G4", "C5", "E5", "G5")])), (0, gain(crash(), 0.35)))), 0.3, 0.25)


def s_tmyk():
    run = [(k * 0.055, gain(bell(pitch(p), 0.8), 0.5)) for k, p in enumerate(("C5", "E5", "G5", "B5", "C6", "E6", "G6", "B6", "C7"))]
    return room(at(*run, (0.5, gain(play(organ, "F4+A4+C5:1 G4+B4+D5:1 C5+E5+G5:2", 0.28), 0.6))), 0.35, 0.25)


def s_totes():
    return say("t:0.09 o:0.24 u:0.06 t:0.09 s:0.16", 1.0, lambda t: 1.05 + 0.3 * t, 215, 0.05, size=1.15)


def s_trololo():
    parts = [("t:0.05 r:0.04 o:0.14", 1.0), ("l:0.05 o:0.17", 1.26), ("l:0.05 o:0.17", 1.5), ("l:0.05 o:0.17", 1.26), ("l:0.05 o:0.17", 1.68), ("l:0.05 o:0.5", 1.5)]
    return room(row(*[say(s, p, lambda t: 1.0, 131, 0.03) for s, p in parts]), 0.25, 0.2)


def s_trombone():
    def wah(f, s, fall=0.0):
        tone = mix(osc(lambda t: f * (1 - fall * t), s, "saw", 0.012), gain(osc(lambda t: f * 1.004 * (1 - fall * t), s, "saw", 0.012), 0.6))
        return shaped(mix(resonant(tone, lambda t: 350 + 900 * math.sin(math.pi * min(1, t * 1.15)), 260), gain(low(tone, 500), 0.25)), 0.04, 0.08)
    return room(row(wah(233, 0.36), rest(0.03), wah(220, 0.36), rest(0.03), wah(208, 0.36), rest(0.03), wah(196, 1.2, 0.12)), 0.25, 0.15)


def s_unix():
    keys = [(k * 0.075 + dice.uniform(0, 0.02), gain(decay(resonant(noise(0.03), 2600 + 500 * (k % 3), 1500), 0.006), 0.8)) for k in range(9)]
    return at(*keys, (0.85, play(chip, "C6:0.5 E6:0.5 G6:1", 0.1)))


def s_vuvuzela():
    tone = mix(*[osc(f, 1.7, "saw", 0.006, 6) for f in (233, 234.5, 231.8)])
    return shaped(mix(resonant(tone, 700, 250), gain(resonant(tone, 1400, 400), 0.5), gain(low(tone, 600), 0.2)), 0.07, 0.15)


def s_what():
    return say("w:0.07 a:0.06 uh:0.18 t:0.14", 1, lambda t: 0.9 + 0.6 * t * t, 150, 0.06)


def s_whoomp():
    hit = mix(kick(), gain(low(noise(0.4), 250), 0.4))
    return at((0, hit), (0.3, hit), (0.45, clap()), (0.6, hit), (0.12, soft(say("w:0.06 u:0.22 m:0.07 p:0.12", 1, lambda t: 1.2 - 0.4 * t, 120, 0.1), 1.5)))


def s_wups():
    slip = shaped(osc(lambda t: 1200 - 950 * t, 0.32), 0.01, 0.05)
    return row(slip, rest(0.05), say("w:0.06 u:0.14 p:0.1 s:0.16", 1, lambda t: 1.3 - 0.4 * t, 170, 0.05))


def s_yay():
    kids = [(dice.uniform(0, 0.18), gain(say("y:0.07 e:0.35 i:%.2f" % dice.uniform(0.4, 0.6), 1, lambda t: 1.1 + 0.15 * math.sin(t * 3), dice.uniform(240, 360), 0.08, size=1.18), 0.5)) for _ in range(7)]
    return room(mix(at(*kids), gain(s_applause()[: n(1.2)], 0.4)), 0.25, 0.15)


def s_yeah():
    glasses = row(decay(high(noise(0.03), 3000), 0.006), rest(0.12))
    shout = say("y:0.08 e:0.3 ae:0.7", 1, lambda t: 1.25 - 0.35 * t, 260, 0.18)
    return room(row(glasses, mix(soft(shout, 2), gain(play(guitar, "E3+B3:4", 0.27), 0.5), gain(crash(), 0.4))), 0.3, 0.2)


def s_yodel():
    leaps = [("y:0.04 o:0.2", 1.0), ("l:0.03 a:0.12", 1.0), ("y:0.03 i:0.3", 1.68), ("d:0.03 o:0.16", 1.26), ("l:0.03 a:0.12", 1.0), ("i:0.28", 1.68), ("u:0.55", 1.5)]
    return room(row(*[say(s, p, lambda t: 1.0, 233, 0.03, size=1.08) for s, p in leaps]), 0.6, 0.4)


# --- Writing ------------------------------------------------------------------------------------------------------------

def even(samples):
    """The same loudness for all, and no sample over the top."""
    mean = sum(samples) / len(samples)
    samples = [s - mean for s in samples]
    peak = max(abs(s) for s in samples) or 1.0
    heard = [s * s for s in samples if abs(s) > peak * 0.05] or [1.0]
    factor = LOUDNESS / math.sqrt(sum(heard) / len(heard))
    out = [0.92 * math.tanh(s * factor / 0.92) for s in samples]
    return shaped(out, 0.003, 0.01)


def main():
    names = sys.argv[1:] or [line.split("\t")[0] for line in (HERE / "names.txt").read_text().splitlines()]
    for name in names:
        dice.seed(name)
        samples = even(globals()["s_" + name]())
        data = array.array("h", (int(32767 * s) for s in samples))
        plain = HERE / (name + ".wav")
        with wave.open(str(plain), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.writeframes(data.tobytes())
        subprocess.run(["lame", "--quiet", "-m", "m", "-b", "40", "--cbr", "-q", "2", "-t", str(plain), str(HERE / (name + ".mp3"))], check=True)
        plain.unlink()
        print(f"{name}: {len(samples) / RATE:.1f} s")


main()
