package t;

import android.net.Uri;
import android.util.Base64;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import kotlin.jvm.internal.Intrinsics;

/** One method a case; the values at the calls of Sink are in values.rs. */
class Values {
    String field;

    static void constants() {
        Sink.s("text");
        Sink.s(null);
        Sink.i(7);
        Sink.i(-129);
        Sink.i(70000);
        Sink.j(1L << 40);
        Sink.j(-1);
        Sink.o(String.class);
        Sink.o(byte[].class);
        Sink.o(int.class);
        Sink.o(null);
        Sink.two("a", 'b');
        Sink.s("门神\0😀");
    }

    static void concat() {
        String mode = "ECB";
        Sink.s("AES/" + mode + "/NoPadding");
        int n = 5;
        long big = 1L << 33;
        char letter = 'x';
        boolean flag = true;
        byte small = -3;
        Sink.s("n=" + n + big + letter + flag + small);
        String nothing = null;
        Sink.s("v:" + nothing);
    }

    static void concatUnknown(String p) {
        Sink.s("http://" + p);
        Sink.s(p + "/x");
        Sink.s(p);
    }

    static void builder() {
        StringBuilder b = new StringBuilder("AES");
        b.append('/').append("CBC");
        b.append("/PKCS5Padding");
        Sink.s(b.toString());
        StringBuilder r = new StringBuilder();
        r.append("olleh").append(1).append(true).append(2L);
        Sink.s(r.reverse().toString());
        StringBuffer f = new StringBuffer(16);
        f.append("a").append("b");
        Sink.s(f.toString());
        Sink.i(b.length());
        StringBuilder chars = new StringBuilder();
        chars.append(new char[] {'k', 'e', 'y'}).append((Object) "!").insert(0, ">");
        Sink.s(chars.toString());
        b.setLength(0);
        b.append("again");
        Sink.s(b.toString());
        StringBuilder d = new StringBuilder("abc").deleteCharAt(1);
        Sink.s(d.toString());
    }

    static void format() {
        String who = "x";
        Sink.s(String.format("%s/%d", who, 5));
        Sink.s(String.format(Locale.US, "%s-%s", who, "y"));
        Sink.s(String.format("%02x%%", 10));
        Sink.s(String.format("plain"));
        Sink.s(String.format("%s", Sink.source()));
        Sink.s(String.format("%1$s%1$s", who));
        Sink.s(String.join(",", "a", "b"));
    }

    static void strings() {
        String t = "  Mixed ";
        Sink.s(t.trim());
        Sink.s(t.trim().toUpperCase(Locale.ROOT));
        Sink.s("a.b".replace('.', '/'));
        Sink.s("a.b".replace(".", "__"));
        Sink.s("hello".substring(1, 3));
        Sink.s("hello".substring(2).concat("!"));
        Sink.s("x" + "hello".charAt(1));
        Sink.i("hello".length());
        Sink.i("hello".indexOf("l"));
        Sink.i("hello".lastIndexOf('l'));
        Sink.s("a,b,c".split(",")[1]);
        Sink.s(String.valueOf('c'));
        Sink.s(String.valueOf(true));
        Sink.s(String.valueOf(12L));
        Sink.s(String.valueOf((Object) "same"));
        Sink.i("hello".startsWith("he") ? 1 : 2);
        Sink.i("hello".contains("ell") ? 1 : 2);
        Sink.i("a".equals("b") ? 1 : 2);
        Sink.i("a".equalsIgnoreCase("A") ? 1 : 2);
        Sink.i("ab".hashCode());
        Sink.s(new String("copy"));
        Sink.s("a1b2".replaceAll("[0-9]", ""));
    }

    static void bytes() throws Exception {
        Sink.b("AB".getBytes());
        Sink.b("AB".getBytes("UTF-8"));
        Sink.b("é".getBytes(StandardCharsets.UTF_8));
        Sink.b(new byte[] {1, 2, -3});
        Sink.b(new byte[4]);
        byte[] iv = new byte[2];
        iv[1] = 7;
        Sink.b(iv);
        Sink.c("key".toCharArray());
        Sink.c(new char[] {'a', 'b'});
        Sink.s(new String(new byte[] {72, 105}));
        Sink.s(new String(new byte[] {72, 105}, "UTF-8"));
        Sink.s(new String(new byte[] {72, 105}, StandardCharsets.UTF_8));
        Sink.s(new String(new char[] {'o', 'k'}));
        Sink.s(new String("xHix".getBytes(), 1, 2));
        Sink.b(Arrays.copyOf("ABCD".getBytes(), 2));
        Sink.b(Arrays.copyOfRange("ABCD".getBytes(), 1, 3));
        byte[] same = "AB".getBytes().clone();
        Sink.b(same);
        byte[] copied = new byte[2];
        System.arraycopy("AB".getBytes(), 0, copied, 0, 2);
        Sink.b(copied);
        byte[] filled = new byte[3];
        Arrays.fill(filled, (byte) 9);
        Sink.b(filled);
    }

    static void base64() {
        Sink.b(Base64.decode("AQID", Base64.DEFAULT));
        Sink.s(new String(Base64.decode("c2VjcmV0", 0)));
        Sink.s(Base64.encodeToString("secret".getBytes(), Base64.NO_WRAP));
        Sink.b(Base64.decode("AQID".getBytes(), 0));
    }

    static void randomised(byte[] seed, java.util.Random random) {
        byte[] iv = new byte[2];
        random.nextBytes(iv);
        Sink.b(iv);
        byte[] other = {1, 2};
        fillIt(other);
        Sink.b(other);
        byte[] partly = {1, 2};
        partly[0] = seed[0];
        Sink.b(partly);
        Sink.b(seed);
        byte[] at = {1, 2};
        at[seed.length] = 5;
        Sink.b(at);
    }

    static void fillIt(byte[] bytes) {
        bytes[0] = 9;
    }

    static void fields() {
        Sink.o(Config.HOSTS);
        Sink.s(Config.changing);
        Sink.i(Config.ON ? 1 : 2);
    }

    void instanceFields(Config c) {
        Sink.s(field);
        Sink.s(c.instance);
        field = "set";
        Sink.o(this);
        Sink.o(c);
    }

    static void ternary(boolean p) {
        Sink.s(p ? "AES" : "DES");
        String mode = p ? "ECB" : "CBC";
        Sink.s("AES/" + mode);
        int flags = 0;
        if (p) {
            flags |= 4;
        }
        Sink.i(flags | 1);
        String x = "a";
        if (p) {
            x = Sink.source();
        }
        Sink.s(x);
    }

    static void loops(int n) {
        String s = "a";
        for (int i = 0; i < n; i++) {
            s += "b";
            Sink.s("in");
        }
        Sink.s(s);
        int sum = 0;
        for (int i = 0; i < 3; i++) {
            sum += i;
        }
        Sink.i(sum);
        byte[] decoded = "Uryyb".getBytes();
        for (int i = 0; i < decoded.length; i++) {
            decoded[i] ^= 1;
        }
        Sink.b(decoded);
        Sink.s("after");
    }

    static void switches(int n, String name) {
        String mode;
        switch (n) {
            case 1:
                mode = "one";
                break;
            case 2:
                mode = "two";
                break;
            case 1000:
                mode = "big";
                break;
            default:
                mode = "other";
        }
        Sink.s(mode);
        switch (2) {
            case 1:
                Sink.s("dead");
                break;
            case 2:
                Sink.s("taken");
                break;
        }
        switch (name) {
            case "a":
                Sink.i(1);
                break;
            default:
                Sink.i(2);
        }
    }

    static void exceptions(String p) {
        String url = "http://a";
        try {
            Sink.s(url);
            url = Sink.source();
            Sink.s(url);
        } catch (RuntimeException e) {
            Sink.s(url);
            Sink.o(e);
        } finally {
            Sink.s("finally");
        }
        try {
            Integer.parseInt(p);
        } catch (NumberFormatException ignored) {
        }
        Sink.s("end");
    }

    static void guards(int sdk) {
        if (BuildConfig.DEBUG) {
            Sink.s("debug");
        } else {
            Sink.s("release");
        }
        if (!BuildConfig.DEBUG) {
            return;
        }
        if (sdk >= 23) {
            Sink.s("new");
        }
        if (Sink.source() == null) {
            Sink.s("null");
        }
        Sink.s(BuildConfig.HOST);
    }

    static void intrinsics(String p) {
        Intrinsics.checkNotNullParameter(p, "p");
        String a = "kept";
        Intrinsics.checkNotNullExpressionValue(a, "a");
        Sink.s(a);
        Sink.s(Objects.requireNonNull(a));
        Sink.s(Objects.requireNonNull(a, "message"));
        byte[] key = {1, 2};
        Intrinsics.checkNotNullExpressionValue(key, "key");
        Sink.b(key);
        Sink.s(Intrinsics.stringPlus("http://", "h"));
        Sink.s((String) (Object) a);
        Sink.i(Intrinsics.areEqual(a, "kept") ? 1 : 2);
    }

    static void boxing() {
        Integer boxed = 5;
        Sink.i(boxed);
        Sink.o(boxed);
        Boolean flag = true;
        Sink.i(flag ? 1 : 2);
        Long big = 9L;
        Sink.j(big);
        Character letter = 'c';
        Sink.i(letter);
        Sink.i(Integer.parseInt("2a", 16));
        Sink.j(Long.parseLong("-5"));
        Sink.s(Integer.toHexString(255));
        Sink.s(Integer.toHexString(-1));
        Sink.s(Integer.toString(5));
        Sink.s(Long.toString(5));
        Sink.s("" + Integer.valueOf("7"));
        Sink.s(Character.toString('z'));
        Sink.s(Boolean.toString(true));
        Sink.i(Boolean.parseBoolean("TRUE") ? 1 : 2);
    }

    static void arithmetic() {
        int big = Integer.MAX_VALUE;
        Sink.i(big + 1);
        int minus = -1;
        Sink.i(minus >>> 28);
        Sink.i(minus >> 28);
        Sink.i(1 << (minus & 31));
        long wide = -1L;
        Sink.j(wide >>> 60);
        Sink.j(wide << 33);
        Sink.i((byte) (big & 0xff));
        Sink.i((char) minus);
        Sink.i((short) big);
        Sink.i((int) (wide << 3));
        Sink.i(7 / (minus * 2));
        Sink.i(big % 10);
        Sink.i(~big);
        Sink.i(-big);
        Sink.i(big * big);
        Sink.i(100 - minus);
        Sink.j((long) minus * 3);
        Sink.i(wide > 0 ? 1 : 2);
    }

    static void floats(double d) {
        Sink.f(1.5);
        Sink.f(2.5f);
        Sink.f(d * 2);
        Sink.i((int) d);
        Sink.i(d > 1 ? 1 : 2);
    }

    static void arrays(String p) {
        String[] names = {"a", "b"};
        Sink.o(names);
        Sink.s(names[1]);
        Sink.i(names.length);
        String[] mixed = {"a", p};
        Sink.o(mixed);
        Sink.s(mixed[1]);
        Sink.s(mixed[0]);
        int[][] grid = new int[2][3];
        Sink.o(grid);
        int[] numbers = {1, 2, 3};
        numbers[1] += 5;
        Sink.o(numbers);
        long[] longs = {1L << 40, 2};
        Sink.j(longs[0]);
        Object[] shared = names;
        shared[0] = "z";
        Sink.o(names);
        boolean[] flags = {true, false};
        Sink.o(flags);
    }

    static void stack(long a, int[] array, long[] longs, Values v) {
        int i = 0;
        Sink.i(i++ + ++i);
        array[0] += 2;
        longs[0]++;
        long b = a;
        long c = (b = 5L) + 1;
        Sink.j(c);
        Sink.j(b);
        Sink.s(v.field = "chained");
        int[] own = {1, 2};
        int x = own[1] = 9;
        Sink.i(x);
        Sink.i(own[1]++);
        Sink.i(own[1]);
        long[] big = {3L};
        long y = big[0]++;
        Sink.j(y);
        Sink.j(big[0]);
        Long boxed = 4L;
        Long old = boxed++;
        Sink.j(old);
        Sink.j(boxed);
    }

    static void calls(String p, Values v) {
        Sink.s(Sink.source());
        String r = Sink.source();
        Sink.two(r, Sink.number());
        Sink.s(p.trim());
        Sink.o(new Object());
        Sink.o(new Values());
        Sink.s(Uri.parse("content://x").toString());
        Sink.o(Uri.parse("content://x"));
        Sink.source();
        Sink.s(v.toString());
    }

    static void unreachable() {
        if (false) {
            Sink.s("never compiled");
        }
        boolean off = false;
        if (off) {
            Sink.s("never taken");
        }
        int mode = 3;
        if (mode > 2) {
            Sink.s("always");
        } else {
            Sink.s("never");
        }
    }

    static void nullness(String p) {
        String a = null;
        if (p != null) {
            a = "set";
        }
        Sink.s(a);
        if (a == null) {
            Sink.s("null");
        }
    }

    static void lambda() {
        Runnable r = () -> Sink.s("inside");
        r.run();
    }

    static synchronized void monitor(Object lock) {
        synchronized (lock) {
            Sink.s("locked");
        }
    }

    static String xorDecode() {
        int[] coded = {107, 104, 117};
        char[] out = new char[coded.length];
        for (int i = 0; i < coded.length; i++) {
            out[i] = (char) (coded[i] ^ 3);
        }
        String text = new String(out);
        Sink.s(text);
        return text;
    }

    static void instanceOf(Object p) {
        Sink.i(p instanceof String ? 1 : 2);
        if (p instanceof String) {
            Sink.s((String) p);
        }
        Object own = "text";
        Sink.s(own instanceof String ? "yes" : "no");
    }
}
