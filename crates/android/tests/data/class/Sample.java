// javac --release 17 -g:source,lines Sample.java   (only Sample.class is kept)
package tiny;

import java.util.function.Supplier;

@Deprecated
public class Sample<T> implements Runnable {
    @interface Mark {
        String text() default "";
        int[] numbers() default {};
        Class<?> type() default Object.class;
        Deprecated nested() default @Deprecated;
    }

    static final int ANSWER = 42;
    static final long BIG = 1L << 40;
    static final String NAME = "门神\0";
    static final double HALF = 0.5;

    @Mark(text = "field", numbers = {1, -2}, type = String.class)
    T value;

    class Inner {}

    public void run() {
        try {
            Supplier<String> s = () -> "lambda";
            System.out.println(s.get() + "-" + ANSWER + BIG);
        } catch (RuntimeException e) {
            throw new IllegalStateException(e);
        }
    }

    static int dense(int x) {
        switch (x) {
            case 1: return 10;
            case 2: return 20;
            case 3: return 30;
            default: return -1;
        }
    }

    static int sparse(int x) {
        switch (x) {
            case -1000: return 1;
            case 5: return 2;
            case 1000000: return 3;
            default: return 0;
        }
    }

    static long wide(long[][] grid, Object o) {
        int[] small = new int[3];
        Object[] boxes = new Object[2];
        long[][] big = new long[2][3];
        long sum = 0;
        for (int i = 0; i < 1000; i += 300) {
            sum += grid[i % 2][i] ^ big[0][0];
        }
        synchronized (o) {
            sum += o instanceof String ? ((String) o).length() : small.length + boxes.length;
        }
        return sum;
    }

    native void external();
}
